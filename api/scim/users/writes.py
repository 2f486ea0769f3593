"""What becomes of users that are written, and of their identities? Any number in one transaction.

Users whose rows somebody else has locked can be left for later, so that nobody else waits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json, to_json
from scim2_models import NotFoundException, UniquenessException
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer import OpenedConnection, opened_by, still_opened
from api.directory.identity_changes import after_creation, after_update
from api.directory.identity_rows import changed_row, new_row, state_of
from api.scim.protocol.ids import ID, new_id
from api.scim.protocol.resources import ScimUser
from api.scim.users import statements
from api.scim.users.profile import seen
from api.scim.users.statements import OF_IDENTITY, StoredUser, UserName, stored_of
from api.scim.users.states import Decide, UserState
from contracts.identity_changed import Trace
from contracts.time_slice import TimeSlice

Columns = dict[str, Any]

LIGHT = 4_096
"""Bytes of JSON that are gone over to decide about a user while others wait: four milliseconds."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A user that is to be added."""

    connection: OpenedConnection
    trace: Trace
    state: UserState


@dataclass(frozen=True, slots=True)
class Change:
    """A user that is to be changed, as ``decide`` says once its row is locked.

    ``size``: the work that it is, in bytes of JSON. ``urgent``: whether somebody may leave by it.
    """

    connection: OpenedConnection
    trace: Trace
    id: str
    decide: Decide
    size: int = 0
    urgent: bool = False

    @property
    def name(self) -> UserName:
        """Return how the user is found."""
        return UserName(self.connection.id, self.id)

    def is_light_on(self, resource: str) -> bool:
        """Say whether deciding about a stored resource keeps the other writes waiting not long."""
        return self.size + len(resource) <= LIGHT


Write = Creation | Change


@dataclass(frozen=True, slots=True)
class Written:
    """What a write stores: the user as it is afterwards, and the columns of both rows."""

    user: StoredUser
    columns: Columns
    identity: Columns | None


async def write_users(
    db: AsyncConnection, writes: Sequence[Write], now: int, *, wait: bool
) -> Sequence[StoredUser | Exception | None]:
    """Write users; return each as it is afterwards, or what was wrong with the write.

    :param wait: False leaves alone (None) whose row is locked, or written here already, or takes
        long to decide about.
    :raises IntegrityError: when the userName that a user changes to is taken.
    """
    rows = await _lock(db, writes, wait=wait)
    opened = await opened_by(db, {it.connection.digest for it in writes})
    outcomes: list[StoredUser | Written | Exception | None] = []
    at_hand: set[UserName] = set()
    time_slice = TimeSlice()
    for write in writes:
        if isinstance(write, Change) and write.name in at_hand:
            outcomes.append(None)
            continue
        outcomes.append(_outcome(write, rows, opened, now, wait=wait))
        if isinstance(write, Change):
            at_hand.add(write.name)
        await time_slice.pause_if_over()
    await _change(db, [it for it in outcomes if isinstance(it, Written) and _is_change(it)])
    added = await _add(db, [it for it in outcomes if isinstance(it, Written) and _is_new(it)])
    return [_settled(outcome, added) for outcome in outcomes]


async def _lock(
    db: AsyncConnection, writes: Sequence[Write], *, wait: bool
) -> Mapping[UserName, RowMapping]:
    names = {it.name for it in writes if isinstance(it, Change) and ID.fullmatch(it.id)}
    return await statements.lock(db, names, wait=wait) if names else {}


def _outcome(
    write: Write,
    rows: Mapping[UserName, RowMapping],
    opened: Mapping[str, OpenedConnection],
    now: int,
    *,
    wait: bool,
) -> StoredUser | Written | Exception | None:
    """Return what becomes of a write, under the rules of now: its rows are locked."""
    try:
        write = replace(write, connection=still_opened(write.connection, opened))
        if isinstance(write, Creation):
            return _created(write, now)
        row = rows.get(write.name)
        if row is None:
            return not_found(write.id) if wait else None
        if not (wait or write.is_light_on(row["resource"])):
            return None
        return _changed(write, row, now)
    except Exception as error:  # noqa: BLE001 - whatever it is, it concerns no other write
        return error


def not_found(id_: str) -> NotFoundException:
    """Return what is said where there is no user of this id."""
    return NotFoundException(detail=f"User {id_!r} not found")


# --- one user, pure -------------------------------------------------------------------------


def _created(write: Creation, now: int) -> Written:
    columns = write.state.columns
    stored = StoredUser(write.connection.id, new_id(), _text(columns), now, now, 1)
    row = columns | {
        "connection_id": stored.connection_id,
        "id": stored.id,
        "created_at": now,
        "modified_at": now,
        "revision": 1,
    }
    change = after_creation(seen(write.state.user), now)
    return Written(stored, row, new_row(*stored.name, change, write.trace, now))


def _changed(write: Change, row: RowMapping, now: int) -> Written | StoredUser:
    """Return the new state of a user; one that stays as it is keeps its version."""
    before = stored_of(row)
    state = write.decide(before)
    if state is None:
        return before
    revision = before.revision + 1
    resource = _text(state.columns)
    after = replace(before, resource=resource, modified_at=now, revision=revision)
    of = {"of_connection": before.connection_id, "of_id": before.id}
    columns = dict(state.columns)
    if columns["resource"].get("userName") == from_json(before.resource).get("userName"):
        columns["user_name_key"] = row["user_name_key"]  # it was unique when keys were made so
    identity = _identity_after(write, state.user, row, now)
    return Written(
        after,
        columns | of | {"modified_at": now, "revision": revision},
        identity and identity | of,
    )


def _identity_after(write: Change, user: ScimUser, row: RowMapping, now: int) -> Columns | None:
    before = {
        name.removeprefix(OF_IDENTITY): value
        for name, value in row.items()
        if name.startswith(OF_IDENTITY)
    }
    state = state_of(before)
    now_seen = seen(user, active=state.active)
    change = after_update(state, now_seen, write.connection.rules.on_deactivate, now)
    return None if change is None else changed_row(before, change, write.trace, now)


def _text(columns: Columns) -> str:
    return to_json(columns["resource"]).decode()


def _is_new(written: Written) -> bool:
    return written.user.revision == 1


def _is_change(written: Written) -> bool:
    return written.user.revision > 1


# --- storing --------------------------------------------------------------------------------


async def _add(db: AsyncConnection, new: Sequence[Written]) -> frozenset[str]:
    """Add users in the order of their names, in which everybody waits for names; return whom."""
    if not new:
        return frozenset()
    ordered = sorted(new, key=lambda it: (it.user.connection_id, it.columns["user_name_key"]))
    added = await statements.add(db, [it.columns for it in ordered])
    identities = [it.identity for it in ordered if it.identity and it.user.id in added]
    if identities:
        await statements.add_identities(db, identities)
    return added


async def _change(db: AsyncConnection, changed: Sequence[Written]) -> None:
    ordered = sorted(changed, key=lambda it: it.user.name)
    await statements.change(db, [it.columns for it in ordered])
    await statements.change_identities(db, [it.identity for it in ordered if it.identity])


def _settled(
    outcome: StoredUser | Written | Exception | None, added: frozenset[str]
) -> StoredUser | Exception | None:
    if not isinstance(outcome, Written):
        return outcome
    if _is_new(outcome) and outcome.user.id not in added:
        return taken()
    return outcome.user


def taken() -> UniquenessException:
    """Return what is said where another user has the userName."""
    return UniquenessException(detail="userName is already taken")
