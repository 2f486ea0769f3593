"""How does a whole downstream get into the database, and out of it?"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import delete, insert, select

from contracts.identity_changed import decode
from tests.convergence.directory import WORKSPACE
from tests.convergence.downstream import ByHand
from tests.drivers.toy_downstream import ToyDownstream
from worker.dialects import DownstreamDatabase
from worker.planning.actions import DeviceActionKind, Reason, Refused, RefusedAction
from worker.planning.changes import LedgerEntry, RefusedIdentity
from worker.planning.facts import IdentityKey
from worker.platforms.sql.mapping import (
    ACCOUNT_COLUMNS,
    ACCOUNTS,
    DEVICES,
    POLICIES,
    WORKSPACES,
    account_of,
    account_row,
    device_of,
)
from worker.schema import WorkerTable
from worker.sync.mapping import LEDGER, RECORD_COLUMNS, RECORDS, REFUSALS, key_of, record_of


async def empty(database: DownstreamDatabase) -> None:
    """Delete every row."""
    async with database.write() as db:
        for table in WorkerTable.metadata.sorted_tables:
            await db.execute(delete(table))


async def write_things(
    database: DownstreamDatabase, things: ByHand, policies: Collection[str]
) -> None:
    """Store what the platform itself had made."""
    async with database.write() as db:
        await db.execute(insert(WORKSPACES).values(name=WORKSPACE))
        for policy in policies:
            await db.execute(insert(POLICIES).values(workspace=WORKSPACE, name=policy))
        for account in things.accounts:
            await db.execute(insert(ACCOUNTS).values(account_row(account, 0)))
        for it in things.devices:
            await db.execute(
                insert(DEVICES).values(
                    id=it.id,
                    workspace=it.workspace,
                    serial=it.serial,
                    policy=it.policy,
                    assigned_to=it.assigned_to,
                    removed=it.removed,
                )
            )


async def read_world(database: DownstreamDatabase) -> ToyDownstream:
    """Return everything that is stored."""
    world = ToyDownstream()
    async with database.read() as db:
        for columns in await db.execute(select(*ACCOUNT_COLUMNS)):
            world.load_account(account := account_of(columns))
            world.admins[account.workspace] += account.is_admin
        for row in (await db.execute(select(DEVICES))).mappings():
            world.load_device(device_of(row))
        for row in (await db.execute(select(POLICIES))).mappings():
            world.policies.add((row["workspace"], row["name"]))
        refusals = defaultdict[IdentityKey, list[Refused]](list)
        for row in (await db.execute(select(REFUSALS))).mappings():
            refused = Refused(RefusedAction(row["action"]), Reason(row["reason"]), row["obstacle"])
            refusals[key_of(row)].append(refused)
        for row in (await db.execute(select(RECORDS))).mappings():
            refused_here = refusals.get(key_of(row))
            assert (refused_here is None) == (row["event"] is None)
            record = record_of([row[column] for column in RECORD_COLUMNS[:-1]] + [None])
            waiting = None
            if refused_here is not None:
                event = decode(row["event"].encode()).data
                waiting = RefusedIdentity(event, tuple(refused_here))
            actions = {refused.action for refused in refused_here or ()}
            email_refused = RefusedAction.CHANGE_EMAIL in actions
            world.load_record(replace(record, email_refused=email_refused), waiting)
        for row in (await db.execute(select(LEDGER))).mappings():
            kind = DeviceActionKind(row["action"])
            world.load_ledger(
                LedgerEntry(key_of(row), row["deactivated_at"], row["device_id"], kind)
            )
    return world
