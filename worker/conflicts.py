"""Which identities wait for an address, and which accounts are in their way? Tables tell both.

Conflicts are listed in the order of the key of refusals, so that all pages together read the table
once. The accounts in the way are looked up by their addresses, for a page at a time. A resolution
plans events, and so loads the planner, which commands that only list do not need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, Select, select, tuple_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.clock import Clock, now
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.conflicts import ListedConflict
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal
from worker.dialects import DownstreamDatabase, is_among
from worker.errors import UnknownConflict
from worker.planning.actions import Reason
from worker.planning.facts import IdentityKey
from worker.planning.obstacles import email_key_in
from worker.platforms.sql.listed_accounts import listed, listed_accounts
from worker.platforms.sql.operators.names import check_email
from worker.platforms.sql.tables import AccountRow
from worker.sync.mapping import RECORDS, REFUSALS

KEY = REFUSALS.c.identity, REFUSALS.c.connection


@dataclass(frozen=True, slots=True)
class StoredConflicts:
    """The Conflicts of the stored refusals. Each call is one transaction."""

    database: DownstreamDatabase
    clock: Clock = now

    async def page(
        self,
        workspace: str,
        *,
        connection: str | None = None,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedConflict]:
        """Return a page of conflicts in the order of the waiting identities."""
        statement = _waiting(workspace).order_by(*KEY).limit(most + 1)
        if connection is not None:
            statement = statement.where(REFUSALS.c.connection == connection)
        if after is not None:
            statement = statement.where(tuple_(*KEY) > after)
        found = await self._with_holders(workspace, statement)
        return Page.of([(each, (each.identity, each.connection)) for each in found], most)

    async def find(self, workspace: str, connection: str, identity: str) -> ListedConflict:
        """Return the conflict of an identity.

        :raises UnknownConflict: when the identity waits for no address.
        """
        of_identity = REFUSALS.c.connection == connection, REFUSALS.c.identity == identity
        found = await self._with_holders(workspace, _waiting(workspace).where(*of_identity))
        if not found:
            raise UnknownConflict(connection)
        return found[0]

    async def release(self, workspace: str, connection: str, identity: str, account: str) -> None:
        """Hand the account in the way over from its holder to the waiting identity.

        :raises NothingToRelease: when the waiting identity has an account of its own.
        :raises WorkerError: when the conflict is another one by now, or would not end.
        """
        from worker.resolve_conflict import let_go, resolve  # noqa: PLC0415  # as said above

        waiting = IdentityKey(connection, identity)
        await resolve(self.database, workspace, waiting, account, let_go, self.clock())

    async def move(
        self, workspace: str, connection: str, identity: str, account: str, to: str
    ) -> ListedAccount | None:
        """Give the account in the way another e-mail, and its address to the waiting identity.

        :raises UnusableEmail: when the new e-mail is not usable.
        :raises EmailExists: when another account has it.
        :raises WorkerError: when the conflict is another one by now, or would not end.
        """
        from worker.resolve_conflict import moving_to, resolve  # noqa: PLC0415  # as said above

        check_email(to)
        waiting, moving = IdentityKey(connection, identity), moving_to(to)
        has = await resolve(self.database, workspace, waiting, account, moving, self.clock())
        async with self.database.read() as db, AsyncSession(db) as session:
            row = (await session.exec(listed_accounts().where(AccountRow.id == has))).one_or_none()
        return None if row is None else listed(row)

    async def _with_holders(
        self, workspace: str, statement: Select[Any]
    ) -> Sequence[ListedConflict]:
        async with self.database.snapshot() as db, AsyncSession(db) as session:
            rows = (await db.execute(statement)).all()
            accounts = await _accounts_at(session, workspace, rows)
        return [_listed(row, accounts.get(_address(row))) for row in rows]


def _waiting(workspace: str) -> Select[Any]:
    """Return the statement that selects refused addresses with the records of the identities."""
    record = (RECORDS.c.identity == REFUSALS.c.identity) & (
        RECORDS.c.connection == REFUSALS.c.connection
    )
    columns = *KEY, REFUSALS.c.action, REFUSALS.c.obstacle, REFUSALS.c.since
    return (
        select(*columns, RECORDS.c.workspace, RECORDS.c.portal, RECORDS.c.account_id)
        .join(RECORDS, record)
        .where(
            RECORDS.c.workspace == workspace,
            REFUSALS.c.reason == Reason.CONFLICT.value,
            REFUSALS.c.obstacle.is_not(None),
        )
    )


def _address(row: Row[Any]) -> tuple[str, str]:
    """Return the portal, and the key of the e-mail, that a refused action waits for."""
    return row.portal, email_key_in(row.obstacle, row.workspace, Portal(row.portal))


async def _accounts_at(
    session: AsyncSession, workspace: str, rows: Sequence[Row[Any]]
) -> Mapping[tuple[str, str], ListedAccount]:
    """Return the live accounts at the addresses that refused actions wait for."""
    statement = listed_accounts().where(
        AccountRow.workspace == workspace,
        AccountRow.portal.in_({row.portal for row in rows}),  # type: ignore[attr-defined]
        is_among(col(AccountRow.email_key), {_address(row)[1] for row in rows}),
    )
    found = await session.exec(statement)
    return {(row[0].portal, row[0].email_key): listed(row) for row in found}


def _listed(row: Row[Any], holder: ListedAccount | None) -> ListedConflict:
    _, key = _address(row)
    conflict = ListedConflict(
        connection=row.connection,
        identity=row.identity,
        portal=Portal(row.portal),
        action=row.action,
        email=key,
        since=row.since,
        account=row.account_id,
    )
    if holder is None:
        return conflict
    return replace(
        conflict,
        email=holder.email or key,
        holder_account=holder.id,
        holder_connection=holder.connection,
        holder_identity=holder.identity,
        holder_made_by=holder.made_by,
    )
