"""How much room does it all need? A person in both databases, and a process."""

import psutil
from sqlalchemy import text

from tests.benchmarks.report import Report
from tests.benchmarks.watching.processors import OF_PROCESSES
from tests.benchmarks.watching.sight import Sight

MIB = 1024 * 1024

IN_DIRECTORY = text("""
SELECT (pg_total_relation_size('users') + pg_total_relation_size('identities'))
    / (SELECT count(*) FROM identities)
""")
DOWNSTREAM = text("""
SELECT (pg_total_relation_size('accounts') + pg_total_relation_size('sync_records'))
    / (SELECT count(*) FROM sync_records)
""")
"""With their indexes, and with the dead rows of what was done meanwhile."""


async def measure_rows(report: Report, sight: Sight) -> None:
    """Measure what a person takes, in no group."""
    table = report.table("room of a person", "bytes")
    for where, connection, statement in (
        ("in the directory", sight.directory, IN_DIRECTORY),
        ("downstream", sight.downstream, DOWNSTREAM),
    ):
        table.add(where, {"bytes": f"{await connection.scalar(statement):,}"})


def measure_memory(report: Report) -> None:
    """Measure what the processes hold that run just now."""
    table = report.table("memory after the load", "MiB")
    for part in ("api and relay", "worker"):
        held = [
            process.memory_info().rss / MIB
            for process in psutil.Process().children(recursive=True)
            if OF_PROCESSES[part] in " ".join(process.cmdline())
        ]
        table.add(f"a process of {part}", {"MiB": f"{max(held, default=0):,.0f}"})
