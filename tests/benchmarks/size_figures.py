"""How much room does it all need? A person in both databases and on the broker; a process."""

import psutil

from api.outbox.events import render
from api.outbox.leasing import unleased_marks
from contracts.identity_changed import encode
from tests.benchmarks.people import People
from tests.benchmarks.processors import OF_PROCESSES
from tests.benchmarks.setting import Setting

MIB = 1024 * 1024

IN_DIRECTORY = """
SELECT (pg_total_relation_size('users') + pg_total_relation_size('identities'))
    / (SELECT count(*) FROM identities)
"""
DOWNSTREAM = """
SELECT (pg_total_relation_size('accounts') + pg_total_relation_size('sync_records'))
    / (SELECT count(*) FROM sync_records)
"""
"""With their indexes, and with the dead rows of what was done meanwhile."""


async def measure_sizes(setting: Setting, people: People) -> None:
    """Measure what a person takes, in no group."""
    table = setting.report.table("room", "bytes")
    sight = setting.sight
    in_directory = await sight.directory.fetchval(IN_DIRECTORY)
    downstream = await sight.downstream.fetchval(DOWNSTREAM)
    async with setting.directory.read() as db:
        [mark] = await unleased_marks(db, people.connection, [people.active[-1]])
        [event] = await render(db, [mark])
    of_event = len(encode(event, mark.trace))
    table.add("a person in the directory", {"bytes": f"{in_directory:,}"})
    table.add("a person downstream", {"bytes": f"{downstream:,}"})
    table.add("an event", {"bytes": f"{of_event:,}"})


def measure_memory(setting: Setting) -> None:
    """Measure what the processes hold that run just now."""
    table = setting.report.table("memory after the load", "MiB")
    for part in ("api and relay", "worker"):
        held = [
            process.memory_info().rss / MIB
            for process in psutil.Process().children(recursive=True)
            if OF_PROCESSES[part] in " ".join(process.cmdline())
        ]
        table.add(f"a process of {part}", {"MiB": f"{max(held):,.0f}"})
