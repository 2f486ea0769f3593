"""Do hot statements find each row by its key, also by plans that were made for empty tables?

A plan that is made for any parameters is kept, for as long as PostgreSQL has no new statistics.
"""

import re

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import DirectoryDatabase
from api.directory.hot_statements import HotStatement
from api.directory.identity_changes import ReleasedAttributes, after_creation
from api.directory.identity_rows import changed_row
from api.scim.users.hot_statements import POSTGRES, adding, changing, finding
from api.scim.users.statements import USERS
from contracts.identity_changed import Profile, Trace

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

UNMARKED = {"dirty_lane": None, "dirty_since": None}
ADA = after_creation(ReleasedAttributes(active=True, profile=Profile(user_name="ada")), 1)
IDENTITY = frozenset(changed_row(UNMARKED, ADA, Trace(correlation_id="x"), 1))
USER = frozenset({"resource", "comparable", "user_name_key", "modified_at", "revision"})

STATEMENTS = {
    "look-up": finding(USERS.c.user_name_key, POSTGRES),
    "read": finding(USERS.c.id, POSTGRES),
    "read for a change": finding(USERS.c.id, POSTGRES, with_identity=True),
    "creation": adding(),
    "change": changing(USER, IDENTITY),
}

SCAN = re.compile(r"Scan using \w+ on (users|identities)\b.*\n\s+Index Cond: (.*)")
"""A table that is searched by an index, and the condition for that."""

KEYS = ("(id)", "(user_name_key)")


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
async def test_each_row_is_found_by_its_key(
    directory: DirectoryDatabase, statement: HotStatement
) -> None:
    assert directory.hot is not None
    async with directory.hot.connect() as db:
        plan = await _plan_for_any_parameters(db, statement)
    assert not re.search("Seq Scan|Bitmap|Hash Join|Merge Join", plan), plan
    conditions = SCAN.findall(plan)
    assert bool(conditions) is (statement is not STATEMENTS["creation"])
    for _table, condition in conditions:
        assert any(key in condition for key in KEYS), plan


async def _plan_for_any_parameters(db: AsyncConnection, statement: HotStatement) -> str:
    await db.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
    await db.exec_driver_sql(f"PREPARE hot AS {statement.text}")
    nobody = ", ".join("0" if name == "now" else "'[]'" for name in statement.names)
    plan = "\n".join((await db.exec_driver_sql(f"EXPLAIN EXECUTE hot({nobody})")).scalars())
    await db.exec_driver_sql("DEALLOCATE hot")
    await db.exec_driver_sql("RESET plan_cache_mode")
    return plan
