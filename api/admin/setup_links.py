"""How does somebody without an account connect a provider? A link opens one connection, once.

The link holds 256 random bits, of which only a digest is kept: it can be forged as little as a
signature, and ended besides (decision 50).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.tokens import digest_of, id_of, new_token
from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.connections import ConnectionInUse, find_connection
from api.admin.scope import connection_for
from api.directory.administration_tables import SetupLink
from api.directory.tables import ApiTable
from api.errors import ExpiresTooEarly, UnknownConnection, UnusableSetupLink
from api.traces import new_trace

SETUP_LINKS = ApiTable.metadata.tables[str(SetupLink.__tablename__)]

LASTS = 7 * 24 * 3_600_000_000
"""Microseconds after which a link ends, unless another time is chosen: a week of working days may
pass until the mail with it is read."""

PLACE = "/console/set-up/"
"""Where links lead, below the address at which administrators reach the console."""

MOST_LISTED = 100
"""Links of a connection that a list shows."""


class LinkState(StrEnum):
    """How a link stands: only an open one begins a session."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A set-up link. Times are in microseconds since the epoch."""

    id: str
    connection: str
    state: LinkState
    created_at: int
    created_by: str
    expires_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class NewLink:
    """A new link, whose secret is shown only here, and when it ends.

    ``console_url`` is the address at which browsers reach the console, if a setting tells it.
    """

    id: str
    connection: str
    secret: str
    expires_at: int
    console_url: str | None

    @property
    def path(self) -> str:
        """Return the link without the address at which administrators reach the console."""
        return f"{PLACE}{self.secret}"

    @property
    def url(self) -> str | None:
        """Return the whole link; None where no setting tells the address."""
        return None if self.console_url is None else f"{self.console_url}{self.path}"


@dataclass(frozen=True, slots=True)
class OpenLink:
    """An open link, with the connection that it sets up."""

    link: ListedLink
    connection: ConnectionInUse


async def create_setup_link(
    it: Administration, actor: Actor, connection_id: str, expires_at: int | None = None
) -> NewLink:
    """Make a link for one connection.

    :param expires_at: when it ends; None: in a week.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises ExpiresTooEarly: when the link would have ended already.
    """
    now, secret = it.clock(), new_token()
    ends = now + LASTS if expires_at is None else expires_at
    if ends <= now:
        raise ExpiresTooEarly
    digest = digest_of(secret)
    link = id_of(digest)
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        found.check_stays()
        row = {"id": link, "digest": digest, "connection_id": connection_id, "expires_at": ends}
        made = {"created_at": now, "created_by": actor.name}
        await db.execute(insert(SETUP_LINKS).values(row | made))
        told = {"expires_at": ends}
        change = Change("setup_links.create", found.workspace, connection_id, link, after=told)
        await record(db, actor, change, now, new_trace())
    return NewLink(link, connection_id, secret, ends, it.console_url)


async def list_setup_links(
    it: Administration, actor: Actor, connection_id: str
) -> Sequence[ListedLink]:
    """Return the links of a connection, the newest first.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    of_connection = SETUP_LINKS.c.connection_id == connection_id
    newest = select(SETUP_LINKS).where(of_connection).order_by(SETUP_LINKS.c.created_at.desc())
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        rows = (await db.execute(newest.limit(MOST_LISTED))).mappings().all()
    return [_listed(row, it.clock()) for row in rows]


async def revoke_setup_link(
    it: Administration, actor: Actor, connection_id: str, link: str
) -> ListedLink:
    """End a link, and the session that it has begun; return it as it is then.

    A link that was revoked before stays as it is, and that is not recorded again.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises UnusableSetupLink: when the connection has no such link.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        of_link = (SETUP_LINKS.c.id == link) & (SETUP_LINKS.c.connection_id == connection_id)
        row = (await db.execute(select(SETUP_LINKS).where(of_link))).mappings().one_or_none()
        if row is None:
            raise UnusableSetupLink
        before = _listed(row, now)
        if before.state is LinkState.REVOKED:
            return before
        await db.execute(update(SETUP_LINKS).where(of_link).values(revoked_at=now))
        told = {"state": before.state}
        after = {"state": LinkState.REVOKED}
        change = Change("setup_links.revoke", found.workspace, connection_id, link, told, after)
        await record(db, actor, change, now, new_trace())
    return replace(before, state=LinkState.REVOKED)


async def link_with(it: Administration, secret: str) -> OpenLink:
    """Return the open link with a secret; it stays open.

    :raises UnusableSetupLink: when there is none, it was used, has expired or was revoked, or its
        connection is gone; the errors do not differ.
    """
    async with it.directory.read() as db:
        return await _open(db, _with_secret(secret), it.clock())


async def use_setup_link(db: AsyncConnection, secret: str, now: int) -> OpenLink:
    """Use up the open link with a secret, and return it as it was.

    :param db: the transaction that begins the session of the link, so that none is used up without.
    :raises UnusableSetupLink: as ``link_with`` does.
    """
    found = await _open(db, _with_secret(secret).with_for_update(), now)
    link, workspace = found.link, found.connection.workspace
    of_link = update(SETUP_LINKS).where(SETUP_LINKS.c.id == link.id)
    await db.execute(of_link.values(used_at=now))
    change = Change("setup_links.use", workspace, link.connection, link.id)
    await record(db, actor_of_link(link.id, workspace), change, now, new_trace())
    return found


def actor_of_link(link: str, workspace: str) -> Actor:
    """Return the actor for whom the session of a link works."""
    return Actor(f"setup-link:{link}", workspace, Power.OWN)


def _with_secret(secret: str) -> Select[Any]:
    digest = digest_of(secret)
    by_id = SETUP_LINKS.c.id == id_of(digest)
    return select(SETUP_LINKS).where(by_id, SETUP_LINKS.c.digest == digest)


async def _open(db: AsyncConnection, wanted: Select[Any], now: int) -> OpenLink:
    row = (await db.execute(wanted)).mappings().one_or_none()
    if row is None or (link := _listed(row, now)).state is not LinkState.OPEN:
        raise UnusableSetupLink
    try:
        connection = await find_connection(db, link.connection)
    except UnknownConnection:
        raise UnusableSetupLink from None
    if connection.closing is not None:
        raise UnusableSetupLink
    return OpenLink(link, connection)


def _listed(row: RowMapping, now: int) -> ListedLink:
    return ListedLink(
        id=row["id"],
        connection=row["connection_id"],
        state=_state(row, now),
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


def _state(row: RowMapping, now: int) -> LinkState:
    if row["revoked_at"] is not None:
        return LinkState.REVOKED
    if row["used_at"] is not None:
        return LinkState.USED
    return LinkState.EXPIRED if row["expires_at"] <= now else LinkState.OPEN
