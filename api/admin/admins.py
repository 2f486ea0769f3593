"""Which administrators are there, and how do they begin and end? Each has a token of a workspace.

An owner changes the workspace, a viewer looks. A token is named by its id, and is itself returned
only where it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.tokens import digest_of, id_of, new_token
from api.admin.actors import Actor, Power
from api.admin.admin_tokens import ADMIN_TOKENS, actor_name
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.named_values import one_of
from api.admin.setup_links import SETUP_LINKS
from api.admin.tokens import NO_CHOICES, TokenChoices, TokenState, state_of
from api.admin.workspaces import workspace_named
from api.errors import UnknownAdmin
from api.traces import new_trace


class AdminRole(StrEnum):
    """The rights of an administrator in a workspace."""

    OWNER = "owner"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class ListedAdmin:
    """An administrator. Times are microseconds since the epoch; ``last_used_at`` is approximate."""

    id: str
    name: str
    workspace: str | None
    role: AdminRole
    state: TokenState
    created_at: int
    created_by: str
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class NewAdmin:
    """A new administrator, with the token, which is shown only here."""

    id: str
    name: str
    workspace: str
    role: AdminRole
    token: str
    expires_at: int | None


async def list_admins(
    it: Administration, actor: Actor, workspace: str | None = None, *, revoked: bool = False
) -> Sequence[ListedAdmin]:
    """Return the administrators of a workspace, or all that an actor reaches, by their ids.

    :param revoked: whether revoked administrators are returned as well.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may only look.
    """
    if workspace is not None:
        workspace = await workspace_named(it, actor, workspace, Power.OWN)
    actor.check(Power.OWN)
    statement = select(ADMIN_TOKENS).order_by(ADMIN_TOKENS.c.id)
    if (only := workspace or actor.workspace) is not None:
        statement = statement.where(ADMIN_TOKENS.c.workspace == only)
    async with it.directory.read() as db:
        rows = (await db.execute(statement)).mappings().all()
    found = [_listed(row, it.clock()) for row in rows]
    return [admin for admin in found if revoked or admin.state is not TokenState.REVOKED]


async def create_admin(
    it: Administration,
    actor: Actor,
    workspace: str,
    role: str,
    choices: TokenChoices = NO_CHOICES,
) -> NewAdmin:
    """Issue a token that reaches one workspace, and return it.

    :param role: the word for an ``AdminRole``. Without a name, the administrator is called by it.
    :raises NotAllowed: when the actor does not operate the installation.
    :raises UnknownWorkspace: when there is no such workspace.
    :raises NotOneOf: when there is no such role.
    :raises UnusableTokenName: when the name is blank, too long or not printable.
    :raises ExpiresTooEarly: when the token would have expired already.
    """
    actor.check_installation(Power.OPERATE)
    now, token = it.clock(), new_token()
    as_role = AdminRole(one_of("the role", role.lower(), tuple(AdminRole)))
    choices.check(now)
    workspace = await workspace_named(it, actor, workspace, Power.OPERATE)
    digest = digest_of(token)
    id_, name, expires_at = id_of(digest), choices.name or as_role, choices.expires_at
    new = NewAdmin(id_, name, workspace, as_role, token, expires_at)
    told = {"name": new.name, "role": new.role, "expires_at": new.expires_at}
    row = {"id": new.id, "digest": digest, "workspace": workspace}
    made = {"created_at": now, "created_by": actor.name}
    async with it.directory.write() as db:
        await db.execute(insert(ADMIN_TOKENS).values(row | told | made))
        change = Change("admins.create", workspace, subject=new.id, after=told)
        await record(db, actor, change, now, new_trace())
    return new


async def revoke_admin(it: Administration, actor: Actor, admin_id: str) -> ListedAdmin:
    """End the token of an administrator at once, and return the administrator as of then.

    The set-up links that the administrator has made end as well, with their sessions.

    A token that was revoked before stays as it is, and that is not recorded again.

    :raises NotAllowed: when the actor does not operate the installation.
    :raises UnknownAdmin: when no administrator has this id.
    """
    actor.check_installation(Power.OPERATE)
    now, of_id = it.clock(), ADMIN_TOKENS.c.id == admin_id
    async with it.directory.write() as db:
        locked = select(ADMIN_TOKENS).where(of_id).with_for_update()
        row = (await db.execute(locked)).mappings().one_or_none()
        if row is None:
            raise UnknownAdmin
        admin = _listed(row, now)
        if admin.state is TokenState.REVOKED:
            return admin
        await db.execute(update(ADMIN_TOKENS).where(of_id).values(revoked_at=now))
        await _revoke_links(db, actor_name(admin_id), now)
        ended = replace(admin, state=TokenState.REVOKED, revoked_at=now)
        before, after = ({"state": each.state} for each in (admin, ended))
        change = Change("admins.revoke", admin.workspace, None, admin.id, before, after)
        await record(db, actor, change, now, new_trace())
    return ended


async def _revoke_links(db: AsyncConnection, maker: str, now: int) -> None:
    unrevoked = SETUP_LINKS.c.revoked_at.is_(None)
    of_maker = update(SETUP_LINKS).where(SETUP_LINKS.c.created_by == maker, unrevoked)
    await db.execute(of_maker.values(revoked_at=now))


def _listed(row: RowMapping, now: int) -> ListedAdmin:
    return ListedAdmin(
        id=row["id"],
        name=row["name"],
        workspace=row["workspace"],
        role=AdminRole(row["role"]),
        state=state_of(row["revoked_at"], row["expires_at"], now),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
    )
