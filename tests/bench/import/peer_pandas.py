"""pandas: one type's rows of an export by cell and month, in pieces. Arguments: the file, the type.

Prints a JSON line: seconds without the start of Python, and the rows that were counted.
"""

import json
import sys
import time

import pandas

COLUMNS = ["CreatedDate", "RequestType", "Latitude", "Longitude"]

file, kind = sys.argv[1:3]
start = time.perf_counter()
groups = None
for rows in pandas.read_csv(file, usecols=COLUMNS, chunksize=100_000):
    rows = rows[rows.RequestType == kind].dropna(subset=["Latitude", "Longitude"])
    created = pandas.to_datetime(rows.CreatedDate, format="%m/%d/%Y %I:%M:%S %p")
    south, west = rows.Latitude * 100 // 1, rows.Longitude * 100 // 1
    counts = rows.groupby([south.rename("south"), west.rename("west"), created.dt.to_period("M")]).size()
    groups = counts if groups is None else groups.add(counts, fill_value=0)
took = time.perf_counter() - start
print(json.dumps({"seconds": took, "counted": int(groups.sum())}))
