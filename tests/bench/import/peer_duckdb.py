"""DuckDB: one type's rows of an export by cell and month. Arguments: the file, the type, threads, the way of reading.

The ways: `text` takes all columns as text and casts what is left after the filter, `found` lets DuckDB find the types.
Prints a JSON line: seconds without the start of Python, and the rows that were counted.
"""

import json
import sys
import time

import duckdb

WAYS = {
    "text": ("all_varchar = true", "strptime(CreatedDate, '%m/%d/%Y %I:%M:%S %p')"),
    "found": ("auto_detect = true", "CreatedDate"),
}

file, kind, threads, way = sys.argv[1:]
reading, created = WAYS[way]
start = time.perf_counter()
connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
groups = connection.execute(
    f"""
    SELECT floor(CAST(Latitude AS DOUBLE) * 100) AS south, floor(CAST(Longitude AS DOUBLE) * 100) AS west,
           date_trunc('month', {created}) AS month, count(*) AS requests
    FROM read_csv($file, header = true, delim = ',', quote = '"', {reading})
    WHERE RequestType = $kind AND Latitude IS NOT NULL AND Longitude IS NOT NULL
    GROUP BY ALL
    """,
    {"file": file, "kind": kind},
).fetchall()
took = time.perf_counter() - start
print(json.dumps({"seconds": took, "counted": sum(group[3] for group in groups)}))
