"""Who waits for an address that another account has, and how is that resolved by hand?

A conflict is *released* where both identities are the same person: the holder lets go of the
account, with its role and devices, and the waiting identity holds it. An address is *moved* where
they are two people: the account stays with its holder under another e-mail, and the waiting
identity has an account of its own. docs/decisions/0048 tells why it is safe.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlmodel import col

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.resync import resync
from api.admin.scope import connection_for
from api.admin.workspaces import workspace_named
from api.directory.tables import Identity
from api.errors import HolderIsActive, UnknownConnection, UnknownIdentity
from contracts.downstream.accounts import ListedAccount
from contracts.downstream.conflicts import ListedConflict
from contracts.downstream.pages import Key, Page

PAGE = 500
"""Conflicts that a statement reads."""

Holder = tuple[str | None, str | None]
"""The connection and the id of an identity that holds an account, both None where none does."""


@dataclass(frozen=True, slots=True)
class ShownConflict(ListedConflict):
    """A conflict, and whether the identity that holds the account is active downstream.

    That is None where no identity holds it, or the directory does not know the identity.
    """

    holder_active: bool | None = None


async def page_conflicts(
    it: Administration,
    actor: Actor,
    workspace: str,
    *,
    connection: str | None = None,
    after: Key | None = None,
    most: int = 100,
) -> Page[ShownConflict]:
    """Return a page of the conflicts of a workspace, in the order of the waiting identities.

    :param connection: the only connection whose identities are listed; None: all.
    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    conflicts = it.downstream.conflicts
    page = await conflicts.page(name, connection=connection, after=after, most=most)
    return Page(tuple(await _shown(it, page.items)), page.next)


async def list_conflicts(
    it: Administration,
    actor: Actor,
    workspace: str,
    *,
    connection: str | None = None,
    most: int | None = None,
) -> AsyncIterator[ShownConflict]:
    """Yield the conflicts of a workspace, in the same order; a statement reads a page of them.

    :param connection: the only connection whose identities are listed; None: all.
    :param most: the number after which the list ends; None: all.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    after, left = None, most
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        page = await page_conflicts(
            it, actor, workspace, connection=connection, after=after, most=size
        )
        for conflict in page.items:
            yield conflict
        after, left = page.next, None if left is None else left - len(page.items)
        if after is None:
            return


async def show_conflict(
    it: Administration, actor: Actor, connection: str, identity: str
) -> ShownConflict:
    """Return the conflict of an identity.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises DownstreamError: when the identity waits for no address.
    """
    return await _found(it, connection, identity, await _workspace(it, actor, connection))


async def release_conflict(
    it: Administration,
    actor: Actor,
    connection: str,
    identity: str,
    *,
    from_active: bool = False,
) -> ListedAccount:
    """Hand the account in the way over to the identity that waits for it, and return the account.

    Its role follows the rules of the new holder, its devices stay with it. The former holder is
    published again, so that it is shown to wait from now on, if it is active.

    :param from_active: whether the account may be taken from an identity that is active.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises HolderIsActive: when the holder is active, and that was not demanded.
    :raises DownstreamError: when that ends no conflict; then nothing is changed.
    """
    workspace = await _workspace(it, actor, connection, Power.OWN)
    found = await _found(it, connection, identity, workspace)
    if found.holder_active and not from_active:
        raise HolderIsActive
    account, conflicts = found.holder_account or "", it.downstream.conflicts
    async with begun(it, actor, _change("conflicts.release", workspace, found)):
        await conflicts.release(workspace, connection, identity, account)
    await _publish_holder(it, actor, found)
    return await it.downstream.accounts.find(workspace, account)


async def move_conflict(
    it: Administration, actor: Actor, connection: str, identity: str, to: str
) -> ListedAccount | None:
    """Give the address to the identity that waits for it, and another e-mail to its holder.

    The account in the way stays with its holder, with role and devices. The account that the
    waiting identity has then is returned, or None where its rules make none.

    :param to: the new e-mail of the account in the way, which no other account has.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when that ends no conflict, or the new e-mail is none or is taken; then
        nothing is changed.
    """
    workspace = await _workspace(it, actor, connection, Power.OWN)
    found = await _found(it, connection, identity, workspace)
    account, conflicts = found.holder_account or "", it.downstream.conflicts
    async with begun(it, actor, _change("conflicts.move", workspace, found)):
        given = await conflicts.move(workspace, connection, identity, account, to)
    await _publish_holder(it, actor, found)
    return given


async def _workspace(
    it: Administration, actor: Actor, connection: str, power: Power = Power.VIEW
) -> str:
    async with it.directory.read() as db:
        return (await connection_for(db, actor, connection, power)).workspace


async def _found(
    it: Administration, connection: str, identity: str, workspace: str
) -> ShownConflict:
    found = await it.downstream.conflicts.find(workspace, connection, identity)
    [shown] = await _shown(it, [found])
    return shown


async def _shown(it: Administration, found: Sequence[ListedConflict]) -> list[ShownConflict]:
    active: dict[Holder, bool] = {}
    for connection in {each.holder_connection for each in found} - {None}:
        ids = {each.holder_identity for each in found if each.holder_connection == connection}
        known = await _active(it, connection or "", sorted(filter(None, ids)))
        active |= {(connection, id_): is_active for id_, is_active in known.items()}
    return [
        ShownConflict(
            **asdict(each), holder_active=active.get((each.holder_connection, each.holder_identity))
        )
        for each in found
    ]


async def _active(
    it: Administration, connection: str, identities: Sequence[str]
) -> Mapping[str, bool]:
    """Return by ids whether identities are active, or have left without that being applied yet."""
    statement = select(col(Identity.id), col(Identity.active), col(Identity.deactivated_at)).where(
        col(Identity.connection_id) == connection, col(Identity.id).in_(identities)
    )
    async with it.directory.read() as db:
        rows = (await db.execute(statement)).all()
    states = await it.downstream.states.of(connection, identities)
    left_at = {id_: state.deactivated_at for id_, state in states.items()}
    return {id_: active or gone_at > left_at.get(id_, 0) for id_, active, gone_at in rows}


def _change(action: str, workspace: str, found: ShownConflict) -> Change:
    before = {
        "account": found.holder_account,
        "connection": found.holder_connection,
        "identity": found.holder_identity,
        "active": found.holder_active,
    }
    return Change(action, workspace, found.connection, found.identity, before=before)


async def _publish_holder(it: Administration, actor: Actor, found: ShownConflict) -> None:
    """Publish the former holder again, whose plan shows what it lacks now."""
    if found.holder_connection is None or found.holder_identity is None:
        return
    with suppress(UnknownConnection, UnknownIdentity):  # the directory may have been restored
        await resync(it, actor, found.holder_connection, found.holder_identity)
