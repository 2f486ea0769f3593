"""Who holds devices, and what did rules do to them? Records and the ledger tell it, by device."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.downstream.devices import DeviceBackground, DeviceCounts, TakenByRule
from contracts.downstream.histories import Holder
from worker.dialects import is_among
from worker.platforms.sql.mapping import DEVICES
from worker.sync.mapping import LEDGER, RECORDS


async def backgrounds_of(
    db: AsyncConnection, workspace: str, devices: Sequence[str]
) -> Mapping[str, DeviceBackground]:
    """Return the backgrounds of devices of a workspace by their ids, in two statements."""
    taken = await _taken(db, devices)
    statement = (
        select(DEVICES.c.id, DEVICES.c.assigned_to, RECORDS.c.connection, RECORDS.c.identity)
        .outerjoin(RECORDS, RECORDS.c.account_id == DEVICES.c.assigned_to)
        .where(is_among(DEVICES.c.id, devices), DEVICES.c.workspace == workspace)
    )
    return {
        id_: DeviceBackground(None if account is None else Holder(*holder), tuple(taken[id_]))
        for id_, account, *holder in await db.execute(statement)
    }


async def counts_of(db: AsyncConnection, workspace: str) -> DeviceCounts:
    """Return the numbers of the devices of a workspace."""
    has_owner = DEVICES.c.assigned_to.is_not(None).label("has_owner")
    group = DEVICES.c.removed, DEVICES.c.policy, has_owner
    statement = (
        select(*group, func.count()).where(DEVICES.c.workspace == workspace).group_by(*group)
    )
    live = removed = assigned = 0
    by_policy: defaultdict[str | None, int] = defaultdict(int)
    for is_removed, policy, is_assigned, number in await db.execute(statement):
        if is_removed:
            removed += number
            continue
        live += number
        assigned += number if is_assigned else 0
        by_policy[policy] += number
    return DeviceCounts(live, assigned, removed, by_policy)


async def _taken(db: AsyncConnection, devices: Sequence[str]) -> Mapping[str, list[TakenByRule]]:
    """Return the newest entry of the ledger for each device and kind of action."""
    place = func.row_number().over(
        partition_by=(LEDGER.c.device_id, LEDGER.c.action),
        order_by=(LEDGER.c.applied_at.desc(), LEDGER.c.deactivated_at.desc()),
    )
    columns = LEDGER.c.action, LEDGER.c.applied_at, LEDGER.c.connection, LEDGER.c.identity
    ranked = (
        select(LEDGER.c.device_id, *columns, place.label("place"))
        .where(is_among(LEDGER.c.device_id, devices))
        .subquery()
    )
    newest = select(ranked).where(ranked.c.place == 1).order_by(ranked.c.device_id, ranked.c.action)
    taken: defaultdict[str, list[TakenByRule]] = defaultdict(list)
    for id_, *values, _place in await db.execute(newest):
        taken[id_].append(TakenByRule(*values))
    return taken
