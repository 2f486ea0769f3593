"""How do requests for users reach the database in one round trip, or two? This is the short way.

A look-up and a creation are one statement each. A change is decided on the row that a first
statement reads, and a second statement stores it if the row is still the same. Each statement
checks the tokens of its requests. Requests that it leaves take the plain way,
``api.scim.users.batching``: ``tests/conformance/test_hot_users.py`` holds both ways to each other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy.exc import DBAPIError, IntegrityError

from api.access.bearer import OpenedConnection, Tokens, note_tokens, rules_of, unauthorized
from api.directory.hot_statements import HotStatement, Row, Run
from api.retries import is_conflict, is_locked_out
from api.scim.users.hot_sessions import HotSessions, as_json, with_identity
from api.scim.users.hot_statements import UNCHANGED, finding
from api.scim.users.statements import IDENTITY_PREFIX, USERS, StoredUser, UserKey, stored_of
from api.scim.users.writes import (
    Change,
    Creation,
    Written,
    changed,
    created,
    not_found,
    user_name_taken,
)
from contracts.clock import Clock
from contracts.time_slice import TimeSlice

Outcome = StoredUser | Exception | None


class Asked(NamedTuple):
    """A request for the user of a connection with a key: an id, or the key of a userName."""

    connection: OpenedConnection
    key: str

    @property
    def user_key(self) -> UserKey:
        """Return the key of the user."""
        return UserKey(self.connection.id, self.key)


class _Found(NamedTuple):
    """The connection of a request as it is now, and the row of the user, if there is one."""

    connection: OpenedConnection
    row: Row | None
    rules: str


@dataclass(frozen=True, slots=True)
class HotUsers:
    """Reads and writes users by statements that check the tokens, and notes which are live."""

    sessions: HotSessions
    memory: Tokens
    clock: Clock

    async def by_id(self, asked: Sequence[Asked]) -> Sequence[Outcome]:
        """Return for each request the user with its id, None without one, or its error."""
        statement = finding(USERS.c.id, self.sessions.dialect)
        return [_user_of(it) for it in await self._find(self.sessions.read, statement, asked)]

    async def by_user_name(self, asked: Sequence[Asked]) -> Sequence[Outcome]:
        """Return for each request the user with its userName, None without one, or its error."""
        statement = finding(USERS.c.user_name_key, self.sessions.dialect)
        return [_user_of(it) for it in await self._find(self.sessions.read, statement, asked)]

    async def create(self, creations: Sequence[Creation]) -> Sequence[Outcome]:
        """Create users, in the order of their names, against deadlocks.

        :raises DBAPIError: also where an open transaction has inserted one of the userNames, for
            which the statement waits only briefly.
        """
        now = self.clock()
        new = [created(it, now) for it in creations]
        ordered = sorted(zip(new, creations, strict=True), key=lambda it: _name_of(it[0]))
        users = [made.columns | {"digest": it.connection.digest} for made, it in ordered]
        identities = [made.identity for made, _ in ordered if made.identity]
        moment = self.memory.next_moment()
        rows = await self.sessions.add(users, identities, now)
        self._note(moment, [it.connection for it in creations], rows)
        by_id = {row["id"]: row for row in rows}
        return [_outcome_of(it.user, by_id[it.user.id]) for it in new]

    async def change(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Change users, unless they are locked; None is left for a change that has to wait.

        A second change of the same user is left as well, and one that is not light.

        :raises IntegrityError: when the userName that a user changes to is taken.
        """
        reading = finding(USERS.c.id, self.sessions.dialect, with_identity=True)
        asked = [Asked(it.connection, it.id) for it in changes]
        async with self.sessions.changing() as run:
            found = await self._find(run, reading, asked)
            now = self.clock()
            outcomes, bases = await _decide(changes, found, now)
            written = [it for it in outcomes if isinstance(it, Written)]
            users = [it.columns for it in written]
            identities = [it.identity for it in written if it.identity]
            stored: frozenset[UserKey] = frozenset()
            if written:
                stored = await self.sessions.change(run, users, identities, bases, now)
        return [_stored(it, stored) if isinstance(it, Written) else it for it in outcomes]

    async def _find(
        self, run: Run, statement: HotStatement, asked: Sequence[Asked]
    ) -> Sequence[_Found | Exception]:
        requests = [
            {
                "number": number,
                "digest": it.connection.digest,
                "connection_id": it.connection.id,
                "key": it.key,
            }
            for number, it in enumerate(asked)
        ]
        moment = self.memory.next_moment()
        rows = await run(statement, asked=as_json(requests), now=self.clock())
        self._note(moment, [it.connection for it in asked], rows)
        found: list[_Found | Exception] = [unauthorized() for _ in asked]
        for row in rows:
            if (rules := row["rules"]) is not None:
                connection = _under(rules, asked[row["number"]].connection)
                user = None if row["id"] is None else row
                found[row["number"]] = _Found(connection, user, rules)
        return found

    def _note(
        self, moment: int, connections: Iterable[OpenedConnection], rows: Sequence[Row]
    ) -> None:
        """Note which tokens a statement has found live that began at a moment."""
        asked = {it.digest: it for it in connections}
        live = {row["digest"]: row["rules"] for row in rows if row["rules"] is not None}
        opened = {digest: _under(live[digest], asked[digest]) for digest in live}
        note_tokens(self.memory, asked, opened, moment)


def _under(rules: str, connection: OpenedConnection) -> OpenedConnection:
    """Return a connection with the rules of a text, which are mostly those that it has."""
    now = rules_of(rules)
    return connection if now is connection.rules else replace(connection, rules=now)


def is_of_one(error: DBAPIError) -> bool:
    """Return whether an error of a batch is that of one request; the others succeed alone."""
    return isinstance(error, IntegrityError) or is_conflict(error) or is_locked_out(error)


def _user_of(found: _Found | Exception) -> Outcome:
    if isinstance(found, Exception):
        return found
    return None if found.row is None else stored_of(found.row)


def _name_of(written: Written) -> tuple[str, str]:
    return written.user.connection_id, written.columns["user_name_key"]


def _outcome_of(user: StoredUser, row: Row) -> Outcome:
    if row["added"]:
        return user
    return unauthorized() if row["rules"] is None else user_name_taken()


async def _decide(
    changes: Sequence[Change], found: Sequence[_Found | Exception], now: int
) -> tuple[Sequence[Outcome | Written], Sequence[dict[str, Any]]]:
    """Return the results of changes, and the basis of each that is to be written."""
    outcomes: list[Outcome | Written] = []
    bases: list[dict[str, Any]] = []
    handled: set[UserKey] = set()
    time_slice = TimeSlice()
    for change, it in zip(changes, found, strict=True):
        outcome = None if change.key in handled else _decided(change, it, now)
        outcomes.append(outcome)
        if isinstance(outcome, Written):
            handled.add(change.key)
            bases.append(_basis_of(it))
        await time_slice.pause_if_over()
    return outcomes, bases


def _decided(change: Change, found: _Found | Exception, now: int) -> Outcome | Written:
    """Return the result of a change, under the rules of the moment when its user was read."""
    if isinstance(found, Exception):
        return found
    if found.row is None:
        return not_found(change.id)
    if not change.is_light_on(found.row["resource"]):
        return None
    try:
        row = with_identity(found.row)
        if change.connection is not found.connection:
            change = replace(change, connection=found.connection)
        return changed(change, row, now)
    except Exception as error:  # noqa: BLE001 - no error of one change concerns another
        return error


def _basis_of(found: _Found | Exception) -> dict[str, Any]:
    """Return the basis of a decision, which holds only as long as all of these values do."""
    assert isinstance(found, _Found), "the change was decided"
    assert found.row is not None, "the change was decided"
    row = found.row
    return {
        "of_connection": row["connection_id"],
        "of_id": row["id"],
        "of_revision": row["revision"],
        "digest": found.connection.digest,
        "rules": found.rules,
        **{f"of_{name}": row[f"{IDENTITY_PREFIX}{name}"] for name in UNCHANGED},
    }


def _stored(written: Written, stored: frozenset[UserKey]) -> StoredUser | None:
    return written.user if written.user.key in stored else None
