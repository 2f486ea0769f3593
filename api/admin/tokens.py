"""Which tokens does a connection have, and how do they begin and end?

Two may live at a time, so that a provider gets a new one before its old one ends. A token is named
by its id, and is itself returned only where it is made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.expiring import expires_soon
from api.access.tokens import digest_of, id_of, issue_token, revoke_tokens
from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, record
from api.admin.scope import connection_for
from api.connection_urls import base_url_of
from api.directory.tables import ApiTable
from api.errors import ExpiresTooEarly, TooManyTokens, UnknownToken, UnusableTokenName
from api.traces import new_trace

TOKENS = ApiTable.metadata.tables["tokens"]

MOST_LIVE = 2
"""Tokens of a connection that may live at a time: the provider's, and the next one."""

OF_DOCTOR = "muster doctor"
"""The name of tokens that live for a minute, with which an examination calls as providers do."""

LONGEST_NAME = 100
"""Characters of a token's name."""


class TokenState(StrEnum):
    """Whether a token opens its connection, or why it does not."""

    LIVE = "live"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class ListedToken:
    """A token as administrators see it. Times are in microseconds since the epoch.

    ``last_used_at`` is exact to a minute. ``expires_soon`` says that the token lives and ends
    within two weeks.
    """

    id: str
    name: str | None
    state: TokenState
    created_at: int
    created_by: str | None
    expires_at: int | None
    revoked_at: int | None
    last_used_at: int | None
    last_used_from: str | None
    expires_soon: bool


@dataclass(frozen=True, slots=True)
class TokenChoices:
    """The choices for a new token: a name for lists and the audit log, and when it expires."""

    name: str | None = None
    expires_at: int | None = None

    def check(self, now: int) -> None:
        """Check that a token can be made.

        :raises UnusableTokenName: when the name is blank, too long or not printable.
        :raises ExpiresTooEarly: when the token would have expired already.
        """
        name = self.name
        is_usable = name is None or (name.strip() and name.isprintable())
        if not is_usable or len(name or "") > LONGEST_NAME:
            raise UnusableTokenName(LONGEST_NAME)
        if self.expires_at is not None and self.expires_at <= now:
            raise ExpiresTooEarly


NO_CHOICES = TokenChoices()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new token for an identity provider, which is shown only here, with the base URL."""

    connection: str
    base_url: str
    token: str
    id: str
    name: str | None
    expires_at: int | None


async def list_tokens(
    it: Administration, actor: Actor, connection_id: str, *, revoked: bool = False
) -> Sequence[ListedToken]:
    """Return the tokens of a connection, the newest first.

    :param revoked: whether revoked tokens are returned as well.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    """
    async with it.directory.read() as db:
        await connection_for(db, actor, connection_id, Power.VIEW)
        known = await _tokens_of(db, connection_id, it.clock())
    return [token for token in known.values() if revoked or token.state is not TokenState.REVOKED]


async def create_token(
    it: Administration, actor: Actor, connection_id: str, choices: TokenChoices = NO_CHOICES
) -> NewToken:
    """Issue one more token of a connection, and return it with the base URL.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises UnusableTokenName: when the name is blank, too long or not printable.
    :raises ExpiresTooEarly: when the token would have expired already.
    :raises TooManyTokens: when as many tokens live as may.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        found.check_stays()
        choices.check(now)
        if len(_live(await _tokens_of(db, connection_id, now))) >= MOST_LIVE:
            raise TooManyTokens(connection_id, MOST_LIVE)
        new = await _issue(db, it, actor, found.id, choices, now)
        after = {"name": new.name, "expires_at": new.expires_at}
        change = Change("tokens.create", found.workspace, connection_id, new.id, after=after)
        await record(db, actor, change, now, new_trace())
    return new


async def rotate_token(
    it: Administration,
    actor: Actor,
    connection_id: str,
    choices: TokenChoices = NO_CHOICES,
    *,
    keep_old: bool = False,
) -> NewToken:
    """Replace the tokens of a connection by a new one, and return it with the base URL.

    :param keep_old: whether the newest of the tokens that live goes on living.
    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises ConnectionCloses: when it is being deleted.
    :raises UnusableTokenName: when the name is blank, too long or not printable.
    :raises ExpiresTooEarly: when the token would have expired already.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        found.check_stays()
        choices.check(now)
        known = await _tokens_of(db, connection_id, now)
        kept = _live(known)[: MOST_LIVE - 1] if keep_old else []
        unrevoked = [key for key, token in known.items() if token.state is not TokenState.REVOKED]
        await revoke_tokens(db, [digest for digest in unrevoked if digest not in kept], now)
        new = await _issue(db, it, actor, found.id, choices, now)
        before = {"tokens": [id_of(digest) for digest in unrevoked]}
        after = {
            "tokens": [new.id, *map(id_of, kept)],
            "name": new.name,
            "expires_at": new.expires_at,
        }
        change = Change("tokens.rotate", found.workspace, connection_id, new.id, before, after)
        await record(db, actor, change, now, new_trace())
    return new


async def revoke_token(
    it: Administration, actor: Actor, connection_id: str, token_id: str
) -> ListedToken:
    """End one token of a connection at once, and return it as it is then.

    A token that was revoked before stays as it is, and that is not recorded again.

    :raises UnknownConnection: when there is no connection with this id that the actor reaches.
    :raises NotAllowed: when the actor may not change it.
    :raises UnknownToken: when there is no single token of the connection with this id.
    """
    now = it.clock()
    async with it.directory.write() as db:
        found = await connection_for(db, actor, connection_id, Power.OWN, lock=True)
        known = await _tokens_of(db, connection_id, now)
        of_id = [digest for digest, token in known.items() if token.id == token_id]
        if len(of_id) != 1:
            raise UnknownToken(connection_id)
        token = known[of_id[0]]
        if token.state is TokenState.REVOKED:
            return token
        await revoke_tokens(db, of_id, now)
        ended = replace(token, state=TokenState.REVOKED, revoked_at=now, expires_soon=False)
        before, after = ({"state": each.state} for each in (token, ended))
        change = Change("tokens.revoke", found.workspace, connection_id, token.id, before, after)
        await record(db, actor, change, now, new_trace())
    return ended


def state_of(revoked_at: int | None, expires_at: int | None, now: int) -> TokenState:
    """Return the state of a token. Statements tell the same by ``api.access.opens``."""
    if revoked_at is not None:
        return TokenState.REVOKED
    has_expired = expires_at is not None and expires_at <= now
    return TokenState.EXPIRED if has_expired else TokenState.LIVE


async def _tokens_of(
    db: AsyncConnection, connection_id: str, now: int
) -> Mapping[str, ListedToken]:
    """Return the tokens of a connection by their digests, the newest first."""
    of_connection = select(TOKENS).where(TOKENS.c.connection_id == connection_id)
    newest_first = of_connection.order_by(TOKENS.c.created_at.desc(), TOKENS.c.digest)
    rows = (await db.execute(newest_first)).mappings()
    return {row["digest"]: _listed(row, now) for row in rows}


def _listed(row: RowMapping, now: int) -> ListedToken:
    state = state_of(row["revoked_at"], row["expires_at"], now)
    return ListedToken(
        id=id_of(row["digest"]),
        name=row["name"],
        state=state,
        created_at=row["created_at"],
        created_by=row["created_by"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        last_used_from=row["last_used_from"],
        expires_soon=state is TokenState.LIVE and expires_soon(row["expires_at"], now),
    )


def _live(tokens: Mapping[str, ListedToken]) -> list[str]:
    """Return the digests of the tokens that live, in the same order."""
    return [digest for digest, token in tokens.items() if token.state is TokenState.LIVE]


async def _issue(
    db: AsyncConnection,
    it: Administration,
    actor: Actor,
    connection_id: str,
    choices: TokenChoices,
    now: int,
) -> NewToken:
    name, expires_at = choices.name, choices.expires_at
    token = await issue_token(db, connection_id, now, actor.name, name=name, expires_at=expires_at)
    base_url = base_url_of(it.public_url, connection_id)
    return NewToken(connection_id, base_url, token, id_of(digest_of(token)), name, expires_at)
