"""Which requests does a connection accept? Each has to carry one of its live bearer tokens."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from scim2_models import ForbiddenException, UnauthorizedException
from sqlalchemy import String, and_, bindparam, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer_header import token_in
from api.access.opens import is_valid, opens
from api.access.token_memory import TokenMemory
from api.access.tokens import digest_of
from api.batching import Batcher
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import ApiTable
from contracts.clock import Clock
from contracts.rules import RULES, Rules

TOKENS, CONNECTIONS = (ApiTable.metadata.tables[it] for it in ("tokens", "connections"))

CONNECTIONS_OF_TOKENS = (
    select(TOKENS.c.digest, CONNECTIONS.c.id, cast(CONNECTIONS.c.rules, String))
    .join_from(TOKENS, CONNECTIONS, opens(TOKENS, CONNECTIONS))
    .where(TOKENS.c.digest.in_(bindparam("digests", expanding=True)))
)
"""Selects the connections that live tokens open, with their rules as they are stored."""

REFUSED = (
    select(CONNECTIONS.c.id, TOKENS.c.digest)
    .join_from(
        CONNECTIONS,
        TOKENS,
        and_(
            TOKENS.c.connection_id == CONNECTIONS.c.id,
            is_valid(TOKENS),
            TOKENS.c.digest.in_(bindparam("digests", expanding=True)),
        ),
        isouter=True,
    )
    .where(CONNECTIONS.c.id.in_(bindparam("connections", expanding=True)))
)
"""Selects connections that refused requests have named, with tokens of theirs that are valid."""

CONNECTION_ID = re.compile("[a-z0-9-]{1,100}")
"""The form of a connection's id."""


@dataclass(frozen=True, slots=True)
class OpenedConnection:
    """A connection whose token a client has sent, with its rules as they were at that moment.

    ``digest`` is that of the token, which is looked up again when a write commits.
    """

    id: str
    rules: Rules
    digest: str = ""


Tokens = TokenMemory[OpenedConnection]


@dataclass(frozen=True, slots=True)
class Admission:
    """A connection that a request may use, perhaps by a remembered token; ``moment`` is when.

    The request is answered once its token has been confirmed since.
    """

    connection: OpenedConnection
    moment: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The reason for a refused request. ``was_off``: the token is valid, the connection not served.

    The log may know whether the connection exists. No answer without a valid token depends on it.
    """

    connection_exists: bool
    was_off: bool


class SwitchedOff(ForbiddenException):
    """The token is valid, and its connection is switched off."""

    _default_detail = "This connection is switched off: an administrator has to switch it on"


class BearerTokens:
    """Authenticates requests by their bearer tokens; concurrent ones share a statement.

    Every token is looked up after its request has arrived, so that a revoked token ends at once and
    another one when it expires. A request whose own statement does so may begin with a token that
    is remembered.
    """

    def __init__(self, database: DirectoryDatabase, clock: Clock, memory: Tokens) -> None:
        self._database = database
        self._clock = clock
        self._memory = memory
        self._digests = Batcher(self._look_up_digests)
        self._refused = Batcher(self._look_up_refused)

    async def authenticate(self, connection_id: str, authorization: str) -> OpenedConnection:
        """Return the connection that a request may use (RFC 6750 section 2.1).

        :raises UnauthorizedException: when the token is missing or wrong, or there is no such
            connection; the answers do not differ.
        """
        token = token_in(authorization)
        opened = await self._digests.submit(digest_of(token)) if token else None
        if opened is None or opened.id != connection_id:
            raise unauthorized()
        return opened

    async def admit(self, connection_id: str, authorization: str) -> Admission:
        """Return the admission of a request, whose token is looked up if it is not remembered.

        :raises UnauthorizedException: as ``authenticate`` does.
        """
        moment = self._memory.next_moment()
        token = token_in(authorization)
        opened = self._memory.recall(digest_of(token)) if token else None
        if opened is None or opened.id != connection_id:
            opened = await self.authenticate(connection_id, authorization)
        return Admission(opened, moment)

    async def confirm(self, admission: Admission) -> OpenedConnection:
        """Return the connection of a request, whose token was found live after its arrival.

        The token is looked up only if no statement has found it since.

        :raises UnauthorizedException: when the token has ended meanwhile.
        """
        digest = admission.connection.digest
        opened = self._memory.confirmed_since(digest, admission.moment)
        if opened is None:
            opened = await self._digests.submit(digest)
        return still_opened(admission.connection, {} if opened is None else {digest: opened})

    async def why_refused(self, connection_id: str, authorization: str) -> Refused:
        """Return why a request was refused whose token did not open the connection."""
        if not CONNECTION_ID.fullmatch(connection_id):
            return Refused(connection_exists=False, was_off=False)
        token = token_in(authorization)
        return await self._refused.submit((connection_id, digest_of(token) if token else ""))

    async def _look_up_digests(self, digests: Sequence[str]) -> Sequence[OpenedConnection | None]:
        moment = self._memory.next_moment()
        async with self._database.read() as db:
            found = await opened_by(db, digests, self._clock())
        note_tokens(self._memory, digests, found, moment)
        return [found.get(digest) for digest in digests]

    async def _look_up_refused(self, asked: Sequence[tuple[str, str]]) -> Sequence[Refused]:
        parameters = {
            "connections": sorted({connection_id for connection_id, _ in asked}),
            "digests": sorted({digest for _, digest in asked}),
            "now": self._clock(),
        }
        async with self._database.read() as db:
            rows = [(id_, digest) for id_, digest in await db.execute(REFUSED, parameters)]
        existing, valid = {id_ for id_, _ in rows}, set(rows)
        return [Refused(pair[0] in existing, pair in valid) for pair in asked]


async def opened_by(
    db: AsyncConnection, digests: Iterable[str], now: int
) -> Mapping[str, OpenedConnection]:
    """Return the connections that live tokens open at this moment, by the tokens' digests."""
    parameters = {"digests": sorted(set(digests)), "now": now}
    rows = await db.execute(CONNECTIONS_OF_TOKENS, parameters)
    return {digest: OpenedConnection(id_, rules_of(text), digest) for digest, id_, text in rows}


def note_tokens(
    memory: Tokens,
    asked: Iterable[str],
    opened: Mapping[str, OpenedConnection],
    moment: int,
) -> None:
    """Remember which tokens are live, and note that the others have ended that were asked for.

    :param moment: the moment at which the statement began that has found them.
    """
    for digest in asked:
        if digest in opened:
            memory.confirm(digest, opened[digest], moment)
        else:
            memory.end(digest)


def still_opened(
    connection: OpenedConnection, opened: Mapping[str, OpenedConnection]
) -> OpenedConnection:
    """Return a connection with its present rules.

    :param opened: the connections that live tokens open now, by the tokens' digests.
    :raises UnauthorizedException: when the token has ended meanwhile.
    """
    now = opened.get(connection.digest)
    if now is None or now.id != connection.id:
        raise unauthorized()
    return now


def unauthorized() -> UnauthorizedException:
    """Return the error for a token that opens no connection, or another one."""
    return UnauthorizedException(
        detail="Send a token of this connection in a header: Authorization: Bearer TOKEN"
    )


@lru_cache(maxsize=1_000)
def rules_of(text: str) -> Rules:
    """Return the rules that a stored text holds."""
    return RULES.validate_json(text)


def cursor_secret(connection: OpenedConnection) -> str:
    """Return the secret that seals the cursors of the client that has sent a token.

    Every process derives the same secret, a rotated token ends it, and no other connection shares
    it.
    """
    return connection.digest


def digest_in(authorization: str) -> str | None:
    """Return the digest of the token in a header; None where there is none."""
    token = token_in(authorization)
    return digest_of(token) if token else None
