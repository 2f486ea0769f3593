"""What is done with accounts by hand? Accounts are made, released and listed."""

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
from worker.errors import (
    EmailExists,
    PortalWithoutProtection,
    PortalWithoutRoles,
    UnknownAccount,
    UnknownEmail,
)
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

    async def of_workspace(
        self, workspace: str, chosen: AccountFilter = ALL_ACCOUNTS, *, most: int | None = None
    ) -> AsyncIterator[ListedAccount]:
        """Yield the accounts by portal, the live ones by e-mail, then the removed ones.

        :param most: the number after which the list ends; None: all.
        :raises UnknownWorkspace: when there is no such workspace.
        """
        statement = (
            listed_accounts()
            .where(AccountRow.workspace == workspace, *_chosen_by(chosen))
            .order_by(
                AccountRow.portal,
                col(AccountRow.removed),
                col(AccountRow.email_key),
                col(AccountRow.created_at),
                col(AccountRow.id),
            )
            .limit(most)
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

    async def find(self, workspace: str, account: str) -> ListedAccount:
        """Return the account with an id, live or removed.

        :raises UnknownAccount: when the workspace has no such account.
        """
        async with self.transactions.reading() as session:
            found = await _shown(
                session, AccountRow.workspace == workspace, AccountRow.id == account
            )
        if found is None:
            raise UnknownAccount(workspace)
        return found

    async def at(self, workspace: str, portal: Portal, email: str) -> ListedAccount:
        """Return the live account of a portal with an e-mail.

        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownEmail: when no live account of the portal has the e-mail.
        """
        async with self.transactions.reading() as session:
            await check_known(session, workspace)
            found = await _shown(session, *_at(workspace, portal, email))
        if found is None:
            raise UnknownEmail(workspace, portal)
        return found

    async def emails(self, workspace: str, accounts: Sequence[str]) -> Mapping[str, str]:
        """Return the e-mails of accounts by their ids; those that have none are missing."""
        id_ = col(AccountRow.id)
        statement = select(id_, AccountRow.email).where(
            AccountRow.workspace == workspace, is_among(id_, accounts)
        )
        async with self.transactions.reading() as session:
            return {of: email for of, email in await session.exec(statement) if email}

    async def held_by(
        self, connection: str, identities: Sequence[str]
    ) -> Mapping[str, ListedAccount]:
        """Return the account of each identity that holds one; the others are missing."""
        statement = listed_accounts().where(
            SyncRecordRow.connection == connection,
            is_among(col(SyncRecordRow.identity), identities),
        )
        async with self.transactions.reading() as session:
            found = [listed(row) for row in await session.exec(statement)]
        return {it.identity: it for it in found if it.identity is not None}

    async def add(
        self,
        workspace: str,
        portal: Portal,
        email: str,
        *,
        role: Role | None = None,
        id_: str | None = None,
    ) -> ListedAccount:
        """Make an account of a person who is in no directory.

        :param role: on the dashboard only, where Viewer is the default.
        :param id_: the id that the account gets; else any.
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
                raise EmailExists(workspace, portal)
            account = _made(workspace, portal, email, role, self.transactions.clock())
            account.id = id_ or account.id
            session.add(account)
            try:
                await session.flush()
            except IntegrityError:  # a worker has just made an account with this e-mail
                raise EmailExists(workspace, portal) from None
            if role is Role.ADMIN:
                await self.transactions.free(session, admin_obstacle(workspace))
            return await _after(session, account)

    async def release(self, workspace: str, account: str) -> ListedAccount:
        """Hand an account over to the connection that holds it; a repetition changes nothing.

        :param account: its id.
        :raises UnknownWorkspace: when there is no such workspace.
        :raises UnknownAccount: when the workspace has no live account with this id.
        :raises PortalWithoutProtection: when accounts of the portal have no role.
        """
        statement = select(AccountRow).where(
            AccountRow.workspace == workspace, AccountRow.id == account, ~col(AccountRow.removed)
        )
        async with self.transactions.writing(workspace, known=True) as session:
            row = (await session.exec(statement.with_for_update())).one_or_none()
            if row is None:
                raise UnknownAccount(workspace)
            if not PORTALS[Portal(row.portal)].has_roles:
                raise PortalWithoutProtection(row.portal)
            row.released = True
            session.add(row)
            await self.transactions.free(session, account_obstacle(row.id))
            return await _after(session, row)


async def live_account(
    session: AsyncSession, workspace: str, portal: Portal, email: str
) -> AccountRow | None:
    """Lock and return the live account of a portal with an e-mail, None if there is none."""
    statement = select(AccountRow).where(*_at(workspace, portal, email))
    return (await session.exec(statement.with_for_update())).one_or_none()


def _at(workspace: str, portal: Portal, email: str) -> list[Any]:
    """Return the conditions for the live account of a portal with an e-mail."""
    return [
        AccountRow.workspace == workspace,
        AccountRow.portal == portal.value,
        AccountRow.email_key == name_key(email),
    ]


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


async def _after(session: AsyncSession, account: AccountRow) -> ListedAccount:
    """Return an account as it is after the changes of the session."""
    return listed((await session.exec(listed_accounts().where(AccountRow.id == account.id))).one())


async def _shown(session: AsyncSession, *conditions: Any) -> ListedAccount | None:
    """Return the account that meets conditions, None if there is none."""
    row = (await session.exec(listed_accounts().where(*conditions))).one_or_none()
    return None if row is None else listed(row)
