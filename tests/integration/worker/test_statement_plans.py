"""Are the rows of a batch found by key on PostgreSQL, also by a plan of an empty table?"""

import pytest

from worker.dialects import DownstreamDatabase
from worker.platforms.sql.accounts_at_once import LOCK_ACCOUNTS
from worker.put_rows import insert_of_columns
from worker.sync.lock_at_once import MAKE_AND_LOCK
from worker.sync.mapping import RECORDS
from worker.sync.save_records import CHANGED, FORGETTING, NAMES

pytestmark = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)

KEYS = {
    MAKE_AND_LOCK: ["sync_records_pkey"],
    LOCK_ACCOUNTS: ["accounts_pkey", "live_accounts_by_email"],
    FORGETTING + insert_of_columns(RECORDS, NAMES, CHANGED): ["failures_pkey"],
}


@pytest.mark.parametrize("statement", KEYS, ids=["records", "accounts", "failures"])
async def test_a_plan_that_is_kept_looks_each_row_up(
    downstream: DownstreamDatabase, statement: str
) -> None:
    parameters = ", ".join(["'[]'"] * len([n for n in range(1, 20) if f"${n}::" in statement]))
    async with downstream.read() as db:
        await db.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        await db.exec_driver_sql(f"PREPARE kept AS {statement}")
        rows = await db.exec_driver_sql(f"EXPLAIN EXECUTE kept ({parameters})")
        plan = "\n".join(rows.scalars())
    conditions = plan.count("Index Cond")
    assert conditions == len(KEYS[statement])
    assert all(f"Index Scan on {key}" in plan for key in KEYS[statement])
    assert "Seq Scan" not in plan
