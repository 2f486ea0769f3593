"""Which accounts does a workspace have, and what is done to them by hand?

Accounts are listed, made for people who are in no directory, and released: handed over to the
connection that holds them. The audit log names an account by its id, never by its address.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.workspaces import workspace_in_use, workspace_named
from contracts.downstream.accounts import ALL_ACCOUNTS, AccountFilter, ListedAccount
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal, Role


async def list_accounts(
    it: Administration,
    actor: Actor,
    workspace: str,
    chosen: AccountFilter = ALL_ACCOUNTS,
    *,
    most: int | None = None,
) -> AsyncIterator[ListedAccount]:
    """Yield the accounts of a workspace by portal: the live ones by e-mail, then the removed ones.

    :param most: the number after which the list ends; None: all.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    async for account in it.downstream.accounts.of_workspace(name, chosen, most=most):
        yield account


async def page_accounts(
    it: Administration,
    actor: Actor,
    workspace: str,
    chosen: AccountFilter = ALL_ACCOUNTS,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[ListedAccount]:
    """Return a page of the accounts of a workspace by portal, in an order that no change moves.

    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.accounts.page(name, chosen, after=after, most=most)


async def show_account(
    it: Administration, actor: Actor, workspace: str, account: str
) -> ListedAccount:
    """Return an account, live or removed.

    :param account: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises DownstreamError: when the workspace has no such account.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.accounts.find(name, account)


async def account_at(
    it: Administration, actor: Actor, workspace: str, portal: Portal, email: str
) -> ListedAccount:
    """Return the live account of a portal with an e-mail.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises DownstreamError: when there is no such account.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.accounts.at(name, portal, email)


async def add_account(
    it: Administration,
    actor: Actor,
    workspace: str,
    portal: Portal,
    email: str,
    *,
    role: Role | None = None,
    new_workspace: bool = False,
) -> ListedAccount:
    """Make an account by hand, as the platform itself would.

    :param role: on the Dashboard only, where Viewer is the default.
    :param new_workspace: whether the workspace may be made beside others.
    :raises NewWorkspace: when it would be made beside others, and that was not demanded.
    :raises UnknownWorkspace: when the actor does not reach the workspace.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when a live account of the portal has the e-mail, or a role is given on
        another portal, or the e-mail is none.
    """
    id_, after = uuid4().hex, {"portal": portal, "role": role}
    async with (
        workspace_in_use(it, actor, workspace, new=new_workspace) as name,
        begun(it, actor, Change("accounts.add", name, subject=id_, after=after)),
    ):
        return await it.downstream.accounts.add(name, portal, email, role=role, id_=id_)


async def release_account(
    it: Administration, actor: Actor, workspace: str, account: str
) -> ListedAccount:
    """Let e-mail and role of a protected account follow the connection that holds it.

    A second release changes nothing, and is not recorded.

    :param account: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when there is no such live account, or its portal has no roles.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    found = await it.downstream.accounts.find(name, account)
    if found.released and not found.removed:
        return found
    before, after = {"released": found.released}, {"released": True}
    change = Change("accounts.release", name, found.connection, found.id, before, after)
    async with begun(it, actor, change):
        return await it.downstream.accounts.release(name, account)
