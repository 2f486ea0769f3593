"""What do operators do with accounts? Operators make, release and list them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.downstream.accounts import ALL_ACCOUNTS, AccountFilter, ListedAccount
from contracts.downstream.pages import Key, Page
from contracts.names import name_key, trimmed
from contracts.portals import PORTALS
from contracts.rules import Portal, Role
from worker.dialects import is_among
from worker.errors import EmailExists, PortalWithoutProtection, PortalWithoutRoles, UnknownEmail
from worker.planning.obstacles import account_obstacle, admin_obstacle
from worker.platforms.sql.listed_accounts import listed, listed_accounts
from worker.platforms.sql.operators.names import check_email
from worker.platforms.sql.operators.transactions import OperatorTransactions, check_known
from worker.platforms.sql.tables import AccountRow
from worker.sync.tables import SyncRecordRow


@dataclass(frozen=True, slots=True)
class StoredAccounts:
    """The Accounts of the worker's table. Each call is one transaction."""

    transactions: OperatorTransactions

    async def of_workspace(self, workspace: str) -> AsyncIterator[ListedAccount]:
        """Yield the accounts by portal, the live ones by e-mail, then the removed ones.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        statement = (
            listed_accounts()
            .where(AccountRow.workspace == workspace)
            .order_by(
                AccountRow.portal,
                col(AccountRow.removed),
                col(AccountRow.email_key),
                col(AccountRow.created_at),
                col(AccountRow.id),
            )
        )
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            async for row in await session.stream(statement):
                yield listed(row)

    async def page(
        self,
        workspace: str,
        chosen: AccountFilter = ALL_ACCOUNTS,
        *,
        after: Key | None = None,
        most: int = 100,
    ) -> Page[ListedAccount]:
        """Return a page of accounts by portal and id, an order that no change of an account moves.

        :raises UnknownWorkspace: when there is no such workspace.
        """
        order = col(AccountRow.portal), col(AccountRow.id)
        statement = listed_accounts().where(AccountRow.workspace == workspace, *_chosen_by(chosen))
        if after is not None:
            statement = statement.where(tuple_(*order) > after)
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            found = await session.exec(statement.order_by(*order).limit(most + 1))
            return Page.of([(listed(row), (row[0].portal, row[0].id)) for row in found], most)

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, ListedAccount]:
        """Return the account of each identity that holds one; the others are missing."""
        statement = (
            listed_accounts()
            .add_columns(col(SyncRecordRow.identity))
            .where(
                SyncRecordRow.connection == connection,
                is_among(col(SyncRecordRow.identity), identities),
            )
        )
        async with self.transactions.reading() as session:
            return {identity: listed(row) for *row, identity in await session.exec(statement)}

    async def add(
        self, workspace: str, portal: Portal, email: str, *, role: Role | None = None
    ) -> ListedAccount:
        """Make an account of a person who is in no directory.

        :param role: on the dashboard only, where Viewer is the default.
        :raises EmailExists: when a live account of the portal has the e-mail.
        :raises PortalWithoutRoles: when a role is given on another portal.
        """
        check_email(email)
        has_roles = PORTALS[portal].has_roles
        if role is not None and not has_roles:
            raise PortalWithoutRoles(portal)
        if has_roles:
            role = role or Role.VIEWER
        async with self.transactions.writing(workspace) as session:
            if await live_account(session, workspace, portal, email) is not None:
                raise EmailExists(workspace, portal, email)
            account = _made(workspace, portal, email, role, self.transactions.clock())
            session.add(account)
            try:
                await session.flush()
            except IntegrityError:  # a worker has just made an account with this e-mail
                raise EmailExists(workspace, portal, email) from None
            if role is Role.ADMIN:
                await self.transactions.free(session, admin_obstacle(workspace))
            return await _shown(session, account)

    async def release(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Hand an account over to the connection that holds it; a repetition changes nothing.

        :raises PortalWithoutProtection: when accounts of the portal have no role.
        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownEmail: when no live account of the portal has the e-mail.
        """
        if not PORTALS[portal].has_roles:
            raise PortalWithoutProtection(portal)
        async with self.transactions.writing(workspace, known=True) as session:
            account = await live_account(session, workspace, portal, email)
            if account is None:
                raise UnknownEmail(workspace, portal, email)
            account.released = True
            session.add(account)
            await self.transactions.free(session, account_obstacle(account.id))
            return await _shown(session, account)


async def live_account(
    session: AsyncSession, workspace: str, portal: Portal, email: str
) -> AccountRow | None:
    """Lock and return the live account of a portal with an e-mail, None if there is none."""
    statement = select(AccountRow).where(
        AccountRow.workspace == workspace,
        AccountRow.portal == portal.value,
        AccountRow.email_key == name_key(email),
    )
    return (await session.exec(statement.with_for_update())).one_or_none()


def _chosen_by(chosen: AccountFilter) -> list[ColumnElement[bool]]:
    """Return the conditions for the accounts that are listed."""
    wanted: dict[Any, Any] = {
        col(AccountRow.portal): chosen.portal,
        col(SyncRecordRow.connection): chosen.connection,
        col(AccountRow.email_key): None if chosen.email is None else name_key(chosen.email),
        col(AccountRow.role): chosen.role,
        col(AccountRow.removed): chosen.removed,
    }
    return [column == value for column, value in wanted.items() if value is not None]


def _made(
    workspace: str, portal: Portal, email: str, role: Role | None, created_at: int
) -> AccountRow:
    return AccountRow(
        id=uuid4().hex,
        workspace=workspace,
        portal=portal.value,
        email=trimmed(email),
        email_key=name_key(email),
        role=None if role is None else role.value,
        own_role=None if role is None else role.value,
        created_at=created_at,
    )


async def _shown(session: AsyncSession, account: AccountRow) -> ListedAccount:
    statement = listed_accounts().where(AccountRow.id == account.id)
    return listed((await session.exec(statement)).one())
