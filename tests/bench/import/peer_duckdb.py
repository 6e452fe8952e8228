"""DuckDB: one type's rows of an export by cell and month. Arguments: the file, the type, threads, the way of reading.

The ways: `text` names all columns as text and casts what is left after the filter, `found` lets DuckDB find the types.
Prints a JSON line: seconds without the start of Python, and the rows that were counted.
"""

import csv
import json
import sys
import time

import duckdb

file, kind, threads, way = sys.argv[1:]
start = time.perf_counter()
if way == "text":
    with open(file, newline="") as export:
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in next(csv.reader(export)))
    reading = f"auto_detect = false, columns = {{{columns}}}"
    created = "strptime(CreatedDate, '%m/%d/%Y %I:%M:%S %p')"
else:
    reading = "auto_detect = true"
    created = "CreatedDate"
connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
# Buffers smaller than its own make it faster here.
groups = connection.execute(
    f"""
    SELECT floor(CAST(Latitude AS DOUBLE) * 100) AS south, floor(CAST(Longitude AS DOUBLE) * 100) AS west,
           date_trunc('month', {created}) AS month, count(*) AS requests
    FROM read_csv($file, header = true, delim = ',', quote = '"', buffer_size = 8000000, {reading})
    WHERE RequestType = $kind AND Latitude IS NOT NULL AND Longitude IS NOT NULL
    GROUP BY ALL
    """,
    {"file": file, "kind": kind},
).fetchall()
took = time.perf_counter() - start
print(json.dumps({"seconds": took, "counted": sum(group[3] for group in groups)}))
