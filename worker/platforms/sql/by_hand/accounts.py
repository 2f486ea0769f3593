"""What do operators do with accounts? They make them, release them, and list them."""

from collections.abc import AsyncIterator
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from contracts.names import name_key, trimmed
from contracts.portals import PORTALS
from contracts.rules import Portal, Role
from worker.errors import EmailExists, NothingProtected, RoleElsewhere, UnknownEmail
from worker.planning.obstacles import account_obstacle, admin_obstacle
from worker.platforms.sql.by_hand.names import check_email
from worker.platforms.sql.by_hand.transactions import ByHand, check_known
from worker.platforms.sql.listed_accounts import ListedAccount, listed, listed_accounts
from worker.platforms.sql.tables import AccountRow


async def list_accounts(by_hand: ByHand, workspace: str) -> AsyncIterator[ListedAccount]:
    """Give the accounts by portal, the live ones by e-mail, then the removed ones.

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
    async with by_hand.reading() as session:
        await check_known(session, workspace)
        async for row in await session.stream(statement):
            yield listed(row)


async def add_account(
    by_hand: ByHand, workspace: str, portal: Portal, email: str, *, role: Role | None
) -> ListedAccount:
    """Make an account, as the platform would for somebody who is in no directory.

    :param role: on the dashboard only, where Viewer is the default.
    :raises EmailExists: when a live account of the portal has the e-mail.
    :raises RoleElsewhere: when a role is given on another portal.
    """
    check_email(email)
    has_roles = PORTALS[portal].has_roles
    if role is not None and not has_roles:
        raise RoleElsewhere(portal)
    if has_roles:
        role = role or Role.VIEWER
    async with by_hand.writing(workspace) as session:
        if await live_account(session, workspace, portal, email) is not None:
            raise EmailExists(workspace, portal, email)
        account = _made(workspace, portal, email, role, by_hand.clock())
        session.add(account)
        try:
            await session.flush()
        except IntegrityError:  # a worker was quicker
            raise EmailExists(workspace, portal, email) from None
        if role is Role.ADMIN:
            await by_hand.free(session, admin_obstacle(workspace))
        return await _shown(session, account)


async def release_account(
    by_hand: ByHand, workspace: str, portal: Portal, email: str
) -> ListedAccount:
    """Hand an account over to whichever connection holds it; again, that changes nothing.

    :raises NothingProtected: when accounts of the portal have no role.
    :raises UnknownWorkspace: when there is no such workspace.
    :raises UnknownEmail: when no live account of the portal has the e-mail.
    """
    if not PORTALS[portal].has_roles:
        raise NothingProtected(portal)
    async with by_hand.writing(workspace, known=True) as session:
        account = await live_account(session, workspace, portal, email)
        if account is None:
            raise UnknownEmail(workspace, portal, email)
        account.released = True
        session.add(account)
        await by_hand.free(session, account_obstacle(account.id))
        return await _shown(session, account)


async def live_account(
    session: AsyncSession, workspace: str, portal: Portal, email: str
) -> AccountRow | None:
    """Lock and return the live account of a portal that has an e-mail."""
    statement = select(AccountRow).where(
        AccountRow.workspace == workspace,
        AccountRow.portal == portal.value,
        AccountRow.email_key == name_key(email),
    )
    return (await session.exec(statement.with_for_update())).one_or_none()


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
