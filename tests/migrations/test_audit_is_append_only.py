"""Does the audit log only grow? Both databases refuse to change or to delete what it holds."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Executable, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory.administration_tables import AuditEntry
from api.directory.tables import ApiTable
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DIRECTORY
from tests.servers.migrated import NewDatabase

AUDIT = ApiTable.metadata.tables[str(AuditEntry.__tablename__)]

ENTRY = {
    "at": 1,
    "actor": "command",
    "action": "pause",
    "outcome": "done",
    "correlation_id": "c",
    "before": {"state": "live"},
    "after": None,
}


@pytest.fixture
async def engine(new_database_url: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """Give a directory with an entry in its audit log."""
    reading, writing = open_engines(new_database_url(DIRECTORY))
    async with writing.begin() as db:
        await db.execute(insert(AUDIT).values(ENTRY))
    yield writing
    await reading.dispose()
    await writing.dispose()


@pytest.mark.parametrize(
    "statement",
    [update(AUDIT).values(actor="somebody else"), delete(AUDIT)],
    ids=["changed", "deleted"],
)
async def test_an_entry_is_never_changed_or_deleted(
    engine: AsyncEngine, statement: Executable
) -> None:
    with pytest.raises(IntegrityError, match="the audit log only grows"):
        async with engine.begin() as db:
            await db.execute(statement)
    async with engine.connect() as db:
        assert await db.scalar(select(AUDIT.c.actor)) == "command"


async def test_entries_are_added_in_order(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        for action in ("resume", "pause"):
            await db.execute(insert(AUDIT).values(ENTRY | {"action": action}))
    async with engine.connect() as db:
        log = select(AUDIT.c.action, AUDIT.c.before, AUDIT.c.after).order_by(AUDIT.c.number)
        entries = (await db.execute(log)).all()
    assert [action for action, _before, _after in entries] == ["pause", "resume", "pause"]
    assert {after for _action, _before, after in entries} == {None}
