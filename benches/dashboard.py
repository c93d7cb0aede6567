"""The five tables of the dashboard in DuckDB on one thread, for `cargo bench --bench floors -- dashboard` to compare with.

Takes the file of a SQLite store, copies the columns that are needed, and prints the median of five runs in microseconds.
"""

import csv
import sqlite3
import statistics
import sys
import tempfile
import time

import duckdb

COLUMNS = "status, priority, assignee, created, responded, resolved"
DAY = 86_400_000_000
TABLES = [
    "select status, priority, count(*) from t group by all",
    "select quantile_cont(responded - created, [0.5, 0.9, 0.95, 0.99]), avg(responded - created), "
    "quantile_cont(resolved - created, [0.5, 0.9, 0.95, 0.99]), avg(resolved - created) from t",
    f"select created // {DAY}, count(*) from t group by all",
    f"select resolved // {DAY}, count(*) from t where resolved is not null group by all",
    "select assignee, count(*) filter (where status in ('new', 'open', 'pending')) from t group by all",
]


def main(path):
    base = duckdb.connect()
    base.execute("set threads to 1")
    base.execute(
        "create table t (status varchar, priority utinyint, assignee varchar, created bigint, responded bigint, resolved bigint)"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
        csv.writer(file).writerows(sqlite3.connect(path).execute(f"select {COLUMNS} from ticketcore_ticket"))
        file.flush()
        base.execute(f"copy t from '{file.name}' (header false)")

    def made():
        start = time.perf_counter()
        for table in TABLES:
            base.execute(table).fetchall()
        return (time.perf_counter() - start) * 1e6

    made()
    print(round(statistics.median(made() for _ in range(5))))


main(sys.argv[1])
