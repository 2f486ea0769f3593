"""Are marks found by index on SQLite, whatever its statistics say of tables that have grown since?

SQLite plans by the last ANALYZE, which an operator, or a tool for backups, may have run long ago.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, text

from api.directory.dialects import DirectoryDatabase
from api.outbox.due_marks import is_any_due
from api.outbox.settling import clear, give_back, postpone, reject, suspect
from tests.drivers.in_process import opened_directory
from tests.integration.api.outbox.marks import LEASE, NOW, connect, mark, taken

pytestmark = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)

MARKS = 2_000

OF_IDENTITIES = "sqlite_autoindex_identities_1"

STATISTICS = {
    "none": [],
    "of a few people": [(OF_IDENTITIES, "460 230 1")],
    "of a few people and marks": [(OF_IDENTITIES, "460 230 1"), ("dirty_marks", "3 3 3 3 3 1")],
    "of marks that were leased": [
        (OF_IDENTITIES, "35025 2502 1"),
        ("dirty_marks", "3000 3000 3000 1500 15 1"),
        ("waiting_marks", "1500 1500 750"),
    ],
}
"""Rows of sqlite_stat1: an index, and how many rows it has, and has for each value."""


async def _plans(directory: DirectoryDatabase) -> Sequence[str]:
    """Return the steps of SQLite for each statement of a relay on identities."""
    seen: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(directory.writing.sync_engine, "before_cursor_execute", note)
    marks = [await taken(directory, 50) for _ in range(5)]
    async with directory.write() as db:
        await clear(db, marks[0], NOW)
        await give_back(db, marks[1])
        await postpone(db, dict.fromkeys(marks[2], NOW))
        await suspect(db, dict.fromkeys(marks[3], NOW))
        await reject(db, dict.fromkeys(marks[4], "unpublishable"), NOW)
        await is_any_due(db, NOW, LEASE)
    event.remove(directory.writing.sync_engine, "before_cursor_execute", note)
    steps: list[str] = []
    async with directory.read() as db:
        for statement, parameters in seen:
            if "identities" in statement:
                rows = await db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps.extend(row[-1] for row in rows)
    return steps


@pytest.mark.parametrize("statistics", STATISTICS.values(), ids=STATISTICS)
async def test_no_statement_of_a_relay_reads_all_marks(
    directory: DirectoryDatabase, lent_url: str, statistics: Sequence[tuple[str, str]]
) -> None:
    connections = await connect(directory, "acme", "other")
    await mark(directory, connections["acme"], [f"a-{number}" for number in range(MARKS)])
    await mark(directory, connections["other"], [f"b-{number}" for number in range(100)])
    async with directory.write() as db:
        await db.execute(text("ANALYZE"))
        await db.execute(text("DELETE FROM sqlite_stat1"))
        for index, told in statistics:
            row = text("INSERT INTO sqlite_stat1 VALUES ('identities', :index, :told)")
            await db.execute(row, {"index": index, "told": told})
    async with opened_directory(lent_url) as fresh:
        steps = await _plans(fresh)
    tables = ("identities", "marks", "each")
    found = [it for it in steps if it.startswith(tuple(f"SEARCH {each} " for each in tables))]
    assert found
    assert [it for it in steps if it.startswith(tuple(f"SCAN {each}" for each in tables))] == []
    assert [it for it in found if "AUTOMATIC" in it] == []
    of_marks = [it for it in found if it.startswith("SEARCH marks ")]
    assert {"INTEGER PRIMARY KEY" in it for it in of_marks} == {True}
