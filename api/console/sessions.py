"""Which visit does a cookie belong to? Sessions begin with a token or a link, and end with it.

A session lasts for half a working day at most, and ends earlier if it is not used.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest, digest
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.tokens import digest_of, id_of, new_token
from api.admin.actors import Actor
from api.admin.administration import Administration
from api.admin.connections import find_connection
from api.admin.http.access import Access
from api.admin.setup_links import SETUP_LINKS, actor_of_link, use_setup_link
from api.directory.administration_tables import ConsoleSession
from api.directory.tables import ApiTable
from api.errors import UnknownConnection

SESSIONS = ApiTable.metadata.tables[str(ConsoleSession.__tablename__)]

HOUR = 3_600_000_000
"""Microseconds."""

LASTS, RESTS = 12 * HOUR, 2 * HOUR
"""Microseconds after which a session ends: after its beginning, and after its last use."""

NOTED_EVERY = 60_000_000
"""Microseconds between two notes of the last use of a session."""


def proof_of(secret: str) -> str:
    """Return the proof that every form of the session with this secret has to send back."""
    return digest(secret.encode(), b"csrf", "sha256").hex()


@dataclass(frozen=True, slots=True)
class Session:
    """A live session. ``only`` is the one connection that the session of a set-up link reaches.

    ``secret`` is the value of the cookie; ``csrf`` proves that a form was made for this session.
    """

    actor: Actor
    only: str | None
    expires_at: int
    secret: str = field(repr=False)

    @property
    def csrf(self) -> str:
        """Return the proof that every form of the session has to send back."""
        return proof_of(self.secret)

    @property
    def id(self) -> str:
        """Return the id of the session, which opens nothing."""
        return id_of(digest_of(self.secret))

    def made(self, csrf: str) -> bool:
        """Return whether a form was made for this session."""
        return compare_digest(csrf.encode(), self.csrf.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of an installation, which all processes share."""

    it: Administration
    access: Access

    async def begin_with_token(self, token: str, former: str | None = None) -> str | None:
        """Begin a session for the bearer of a token, and return its secret.

        None is returned where the token is unknown, revoked or expired.

        :param former: the secret of a session that this one replaces in its browser. That session
            ends, because the browser could not end it later.
        """
        of_token = digest_of(token)
        if await self.access.actor_by(of_token) is None:
            return None
        async with self.it.directory.write() as db:
            return await self._begin(db, {"token_digest": of_token}, former)

    async def begin_with_link(self, link_secret: str, former: str | None = None) -> str:
        """Use a link up and begin its one session, both or neither; return the session's secret.

        :param former: as in ``begin_with_token``.
        :raises UnusableSetupLink: as ``use_setup_link`` does.
        """
        async with self.it.directory.write() as db:
            used = await use_setup_link(db, link_secret, self.it.clock())
            return await self._begin(db, {"setup_link": used.link.id}, former)

    async def find(self, secret: str, *, is_used: bool = True) -> Session | None:
        """Return the live session with a secret; None without one.

        :param is_used: whether that counts as a use; an unused session ends after ``RESTS``.
        """
        now = self.it.clock()
        of_digest = SESSIONS.c.digest == digest_of(secret)
        async with self.it.directory.read() as db:
            row = (await db.execute(select(SESSIONS).where(of_digest))).mappings().one_or_none()
        if row is None or row["expires_at"] <= now or row["used_at"] + RESTS <= now:
            return None
        found = await self._actor_of(row)
        if found is None:
            return None
        if is_used and row["used_at"] + NOTED_EVERY <= now:
            with suppress(SQLAlchemyError, OSError):  # the page is shown without the note, too
                async with self.it.directory.write() as db:
                    await db.execute(update(SESSIONS).where(of_digest).values(used_at=now))
        actor, only = found
        return Session(actor, only, row["expires_at"], secret)

    async def end(self, secret: str, *, others: bool = False) -> None:
        """End a session; with ``others``, all that were begun with the same token, too."""
        which = SESSIONS.c.digest == digest_of(secret)
        async with self.it.directory.write() as db:
            if others:
                token = await db.scalar(select(SESSIONS.c.token_digest).where(which))
                which = which if token is None else SESSIONS.c.token_digest == token
            await db.execute(delete(SESSIONS).where(which))

    async def _begin(self, db: AsyncConnection, by: dict[str, Any], former: str | None) -> str:
        now, secret = self.it.clock(), new_token()
        row = by | {"digest": digest_of(secret), "created_at": now, "used_at": now}
        is_over = SESSIONS.c.expires_at <= now
        if former is not None:
            is_over |= SESSIONS.c.digest == digest_of(former)
        await db.execute(delete(SESSIONS).where(is_over))
        await db.execute(insert(SESSIONS).values(row | {"expires_at": now + LASTS}))
        return secret

    async def _actor_of(self, row: RowMapping) -> tuple[Actor, str | None] | None:
        """Return the actor of a session, and the connection to which a link limits it, if any.

        None is returned where the token or the link has ended, or the connection is gone.
        """
        if row["setup_link"] is None:
            actor = await self.access.actor_by(row["token_digest"])
            return None if actor is None else (actor, None)
        of_link = select(SETUP_LINKS).where(SETUP_LINKS.c.id == row["setup_link"])
        async with self.it.directory.read() as db:
            link = (await db.execute(of_link)).mappings().one_or_none()
            if link is None or link["revoked_at"] is not None:
                return None
            try:
                connection = await find_connection(db, link["connection_id"])
            except UnknownConnection:
                return None
        return actor_of_link(link["id"], connection.workspace), connection.id
