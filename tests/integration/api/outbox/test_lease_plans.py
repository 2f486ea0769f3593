"""Are marks found by index on PostgreSQL, though its statistics are of another time?"""

from typing import Any

import pytest
from sqlalchemy import event, text, update

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import lease
from contracts.topology import Lane
from tests.integration.api.outbox.marks import LEASE, NOW, SECOND, connect, mark, taken

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

MARKS = 5_000

PLANNED_ANEW = 5
"""How often PostgreSQL plans a statement for its parameters before it compares the costs."""


async def _plans(directory: DirectoryDatabase) -> list[str]:
    """Return how PostgreSQL runs the statements of a lease on identities."""
    seen: list[tuple[str, Any]] = []

    def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(directory.writing.sync_engine, "before_cursor_execute", note)
    await taken(directory, 250)
    event.remove(directory.writing.sync_engine, "before_cursor_execute", note)
    async with directory.read() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        return [
            "\n".join(row[0] for row in await driver.fetch(f"EXPLAIN {statement}", *parameters))
            for statement, parameters in seen
            if "identities" in statement
        ]


@pytest.mark.parametrize("waiting", [False, True], ids=["ready", "waiting"])
async def test_a_lease_reads_no_more_marks_than_it_takes(
    directory: DirectoryDatabase, waiting: bool
) -> None:
    connections = await connect(directory, "acme", "other")
    await mark(directory, connections["acme"], [f"a-{number}" for number in range(MARKS)])
    await mark(directory, connections["other"], [f"b-{number}" for number in range(100)])
    async with directory.write() as db:
        await db.execute(text("ANALYZE identities"))
        if waiting:
            await db.execute(update(Identity).values(due_at=NOW + 30 * SECOND))
    due, waiting_too_long, *leases = await _plans(directory)
    assert "waiting_marks" in due
    assert "waiting_marks" in waiting_too_long
    assert len(leases) == (1 if waiting else 2), "the share of the small workspace is given away"
    for plan in leases:
        assert "dirty_marks" in plan
        assert "identities_pkey" in plan
    for plan in (due, waiting_too_long, *leases):
        assert "Seq Scan on identities" not in plan
        assert "Seq Scan on memberships" not in plan


async def test_a_lease_is_planned_once_for_all_batches(directory: DirectoryDatabase) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], [f"a-{number}" for number in range(20)])
    async with directory.write_at_once() as db:
        for _ in range(PLANNED_ANEW + 1):
            await lease(db, MarkSelection(Lane.BULK), 1, NOW + LEASE)
        planned = (
            "SELECT custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE 'WITH RECURSIVE found%'"
        )
        assert (await db.execute(text(planned))).scalar_one() == PLANNED_ANEW
