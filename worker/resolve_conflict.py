"""How does an identity get the address that it waits for? An administrator frees it by hand.

One transaction frees the address and plans the waiting identity again, so that no event of the
holder comes in between. It takes its locks in the order of ``worker/apply.py``. A resolution that
does not end the conflict is rolled back.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope, UndecodableEvent, decode
from contracts.names import name_key, trimmed
from contracts.topology import Lane
from worker.apply import replan_within
from worker.dialects import DownstreamDatabase, is_among
from worker.errors import (
    ClaimantLeft,
    ConflictChanged,
    EmailExists,
    NothingToRelease,
    StillInConflict,
    UnknownConflict,
)
from worker.locked_out import LOCK_TIMEOUTS
from worker.planning.actions import Reason, RefusedAction
from worker.planning.facts import Account, IdentityKey
from worker.planning.working_set import WorkingSet, email_obstacle_of
from worker.platforms.sql.load import lock_workspaces
from worker.platforms.sql.mapping import ACCOUNT_COLUMNS, ACCOUNTS, account_of
from worker.sync.load import lock_known_records
from worker.sync.mapping import RECORDS, REFUSALS, key_of
from worker.sync.replans import mark_freed

OF_ADDRESSES = frozenset({RefusedAction.PROVIDE_ACCOUNT, RefusedAction.CHANGE_EMAIL})
"""The refused actions that leave a person without the address."""


@dataclass(frozen=True, slots=True)
class Contested:
    """A conflict whose rows are locked: the account in the way, and the identity that holds it."""

    action: RefusedAction
    account: Account
    holder: IdentityKey | None


Free = Callable[[AsyncConnection, Contested], Awaitable[None]]
"""Frees the address of a conflict, within the transaction."""


async def resolve(
    database: DownstreamDatabase,
    workspace: str,
    waiting: IdentityKey,
    in_the_way: str,
    free: Free,
    now: int,
) -> str | None:
    """End a conflict; return the id of the account that the waiting identity then holds, if any.

    :param in_the_way: the id of the account that has the address.
    :param now: microseconds since the epoch.
    :raises UnknownConflict: when the identity waits for no address.
    :raises ClaimantLeft: when the identity is inactive.
    :raises ConflictChanged: when another account is in the way, or has another holder by now.
    :raises StillInConflict: when the identity would still be refused.
    """
    async with database.write(LOCK_TIMEOUTS[Lane.BULK]) as db:
        await lock_workspaces(db, [workspace])
        holder = await _holder_of(db, in_the_way)
        await _lock_records(db, {waiting} | ({holder} if holder else set()))
        event, action, obstacle = await _waiting_event(db, workspace, waiting)
        account = await _lock_accounts(db, workspace, in_the_way, waiting)
        if email_obstacle_of(account) != obstacle or await _holder_of(db, in_the_way) != holder:
            raise ConflictChanged
        if not event.data.active:
            raise ClaimantLeft
        await free(db, Contested(action, account, holder))
        batch = await replan_within(db, database.workspaces, {waiting: event}, now)
        await mark_freed(db, [obstacle], now)
        [applied] = batch.applied
        refused = [it.reason for it in applied.plan.refusals if it.action in OF_ADDRESSES]
        if refused:
            raise StillInConflict(", ".join(refused))
    return applied.plan.record.account_id


async def let_go(db: AsyncConnection, contested: Contested) -> None:
    """Unlink the account from its holder; roles are left to the plan of its successor.

    :raises NothingToRelease: when the waiting identity has an account of its own.
    """
    if contested.action is not RefusedAction.PROVIDE_ACCOUNT or contested.holder is None:
        raise NothingToRelease
    nothing = {"account_id": None, "base_role": None, "waiting_email": None}
    holder = RECORDS.c.account_id == contested.account.id
    await db.execute(update(RECORDS).where(holder).values(nothing))


def moving_to(email: str) -> Free:
    """Return the function that gives the account another e-mail, which is checked already."""

    async def move(db: AsyncConnection, contested: Contested) -> None:
        account, key = contested.account, name_key(email)
        taken = select(ACCOUNTS.c.id).where(
            ACCOUNTS.c.workspace == account.workspace,
            ACCOUNTS.c.portal == account.portal.value,
            ACCOUNTS.c.email_key == key,
        )
        if (await db.execute(taken)).first() is not None:
            raise EmailExists(account.workspace, account.portal)
        of_account = update(ACCOUNTS).where(ACCOUNTS.c.id == account.id)
        try:
            await db.execute(of_account.values(email=trimmed(email), email_key=key))
        except IntegrityError:  # a worker has just made an account with this e-mail
            raise EmailExists(account.workspace, account.portal) from None

    return move


async def _holder_of(db: AsyncConnection, account: str) -> IdentityKey | None:
    statement = select(RECORDS.c.connection, RECORDS.c.identity)
    rows = await db.execute(statement.where(RECORDS.c.account_id == account))
    row = rows.mappings().one_or_none()
    return None if row is None else key_of(row)


async def _lock_records(db: AsyncConnection, keys: Collection[IdentityKey]) -> None:
    await lock_known_records(db, WorkingSet(), sorted(keys))


async def _waiting_event(
    db: AsyncConnection, workspace: str, waiting: IdentityKey
) -> tuple[IdentityChangedEnvelope, RefusedAction, str]:
    """Return the event of an identity that waits for an address, the action and the obstacle.

    :raises UnknownConflict: when it waits for none, or its event cannot be read.
    """
    of_refusal = (REFUSALS.c.connection == RECORDS.c.connection) & (
        REFUSALS.c.identity == RECORDS.c.identity
    )
    statement = (
        select(RECORDS.c.event, REFUSALS.c.action, REFUSALS.c.obstacle)
        .join(REFUSALS, of_refusal)
        .where(
            RECORDS.c.workspace == workspace,
            RECORDS.c.connection == waiting.connection,
            RECORDS.c.identity == waiting.identity,
            RECORDS.c.event.is_not(None),
            REFUSALS.c.reason == Reason.CONFLICT.value,
            REFUSALS.c.obstacle.is_not(None),
        )
    )
    row = (await db.execute(statement)).first()
    if row is None:
        raise UnknownConflict(waiting.connection)
    event, action, obstacle = row
    try:
        return decode(event.encode()), RefusedAction(action), obstacle
    except UndecodableEvent:
        raise UnknownConflict(waiting.connection) from None


async def _lock_accounts(
    db: AsyncConnection, workspace: str, in_the_way: str, waiting: IdentityKey
) -> Account:
    """Lock the account in the way and that of the waiting identity; return the former.

    :raises ConflictChanged: when the workspace has no such live account.
    """
    own = select(RECORDS.c.account_id).where(
        RECORDS.c.connection == waiting.connection, RECORDS.c.identity == waiting.identity
    )
    ids = {in_the_way, (await db.execute(own)).scalar_one() or in_the_way}
    statement = select(*ACCOUNT_COLUMNS).where(is_among(ACCOUNTS.c.id, ids))
    rows = await db.execute(statement.order_by(ACCOUNTS.c.id).with_for_update())
    for account in map(account_of, rows):
        if (account.id, account.workspace, account.removed) == (in_the_way, workspace, False):
            return account
    raise ConflictChanged
