"""What becomes of users that are written, and of their identities? A transaction stores many.

A user whose row another transaction has locked can be left for later, so that the others need not
wait for that lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json, to_json
from scim2_models import NotFoundException, UniquenessException
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.access.bearer import OpenedConnection, opened_by, still_opened
from api.directory.hot_statements import Row
from api.directory.identity_changes import after_creation, after_update
from api.directory.identity_rows import DECIDING_COLUMNS, changed_row, new_row, state_of
from api.scim.protocol.ids import ID, new_id
from api.scim.search.comparison_form import Document
from api.scim.users import statements
from api.scim.users.profile import released_attributes_of
from api.scim.users.statements import IDENTITY_PREFIX, StoredUser, UserKey, stored_of
from api.scim.users.states import Decide, UserState
from contracts.identity_changed import Trace
from contracts.time_slice import TimeSlice

Columns = dict[str, Any]

LIGHT_BYTES = 4_096
"""Bytes of JSON that may be processed for one user while others wait: four milliseconds."""


@dataclass(frozen=True, slots=True)
class Creation:
    """The write that adds a user."""

    connection: OpenedConnection
    trace: Trace
    state: UserState


@dataclass(frozen=True, slots=True)
class Change:
    """The write that changes a user.

    ``decide`` makes the new state, and runs under the lock on the user's row: only then is the
    state that it builds on the newest (see ``Decide``). ``size`` is its work in bytes of JSON, and
    ``urgent`` whether it may deactivate the user.
    """

    connection: OpenedConnection
    trace: Trace
    id: str
    decide: Decide
    size: int = 0
    urgent: bool = False

    @property
    def key(self) -> UserKey:
        """Return the key of the user."""
        return UserKey(self.connection.id, self.id)

    def is_light_on(self, resource: str) -> bool:
        """Return whether ``decide`` is quick on a stored resource: other writes can wait for it."""
        return self.size + len(resource) <= LIGHT_BYTES


Write = Creation | Change


@dataclass(frozen=True, slots=True)
class Written:
    """The result of a write: the user afterwards, and the columns to store in both rows."""

    user: StoredUser
    columns: Columns
    identity: Columns | None


async def write_users(
    db: AsyncConnection, writes: Sequence[Write], now: int, *, wait: bool
) -> Sequence[StoredUser | Exception | None]:
    """Write users; return for each write the user afterwards, its error, or None if it was skipped.

    :param wait: False skips users that are locked, and changes that are not light; a second change
        of the same user is always skipped.
    :raises IntegrityError: when the userName that a user changes to is taken.
    """
    rows = await _lock(db, writes, wait=wait)
    opened = await opened_by(db, {it.connection.digest for it in writes}, now)
    outcomes: list[StoredUser | Written | Exception | None] = []
    handled: set[UserKey] = set()
    time_slice = TimeSlice()
    for write in writes:
        if isinstance(write, Change) and write.key in handled:
            outcomes.append(None)
            continue
        outcomes.append(_write_one(write, rows, opened, now, wait=wait))
        if isinstance(write, Change):
            handled.add(write.key)
        await time_slice.pause_if_over()
    await _change(db, [it for it in outcomes if isinstance(it, Written) and _is_change(it)])
    added = await _add(db, [it for it in outcomes if isinstance(it, Written) and _is_new(it)])
    return [_result_of(outcome, added) for outcome in outcomes]


async def _lock(
    db: AsyncConnection, writes: Sequence[Write], *, wait: bool
) -> Mapping[UserKey, RowMapping]:
    keys = {it.key for it in writes if isinstance(it, Change) and ID.fullmatch(it.id)}
    return await statements.lock(db, keys, wait=wait) if keys else {}


def _write_one(
    write: Write,
    rows: Mapping[UserKey, RowMapping],
    opened: Mapping[str, OpenedConnection],
    now: int,
    *,
    wait: bool,
) -> StoredUser | Written | Exception | None:
    """Return the result of one write, under the rules of this moment: its rows are locked."""
    try:
        write = replace(write, connection=still_opened(write.connection, opened))
        if isinstance(write, Creation):
            return created(write, now)
        row = rows.get(write.key)
        if row is None:
            return not_found(write.id) if wait else None
        if not (wait or write.is_light_on(row["resource"])):
            return None
        return changed(write, row, now)
    except Exception as error:  # noqa: BLE001 - no error of one write concerns another
        return error


def not_found(id_: str) -> NotFoundException:
    """Return the error for an id that no user has."""
    return NotFoundException(detail=f"User {id_!r} not found")


# --- one user, pure -------------------------------------------------------------------------


def created(write: Creation, now: int) -> Written:
    """Return the first state of a user."""
    columns = write.state.columns
    stored = StoredUser(write.connection.id, new_id(), _json_text(columns), now, now, 1)
    row = columns | {
        "connection_id": stored.connection_id,
        "id": stored.id,
        "created_at": now,
        "modified_at": now,
        "revision": 1,
    }
    change = after_creation(released_attributes_of(write.state.user), now)
    return Written(stored, row, new_row(*stored.key, change, write.trace, now))


def changed(write: Change, row: Row, now: int) -> Written | StoredUser:
    """Return the new state of a user that was read with its identity, as ``lock`` does.

    A user that does not change keeps its version.
    """
    before = stored_of(row)
    state = write.decide(before)
    if state is None:
        return before
    revision = before.revision + 1
    resource = _json_text(state.columns)
    after = replace(before, resource=resource, modified_at=now, revision=revision)
    of = {"of_connection": before.connection_id, "of_id": before.id}
    columns = dict(state.columns)
    if columns["user_name_key"] != row["user_name_key"] and _has_same_name(state.user, before):
        columns["user_name_key"] = row["user_name_key"]  # unique by the keys of its time
    identity = _identity_after(write, state.user, before, row, now)
    return Written(
        after,
        columns | of | {"modified_at": now, "revision": revision},
        identity and identity | of,
    )


def _has_same_name(user: Document, before: StoredUser) -> bool:
    name: str | None = from_json(before.resource).get("userName")
    return user.get("userName") == name


def _identity_after(
    write: Change, user: Document, stored: StoredUser, row: Row, now: int
) -> Columns | None:
    before = {name: row[f"{IDENTITY_PREFIX}{name}"] for name in DECIDING_COLUMNS}
    state = state_of(before)
    attributes = released_attributes_of(user, active=state.told_active)
    groups, ids = stored.group_names_and_ids
    on_deactivate = write.connection.rules.on_deactivate
    change = after_update(state, attributes, on_deactivate, now, groups, ids)
    return None if change is None else changed_row(before, change, write.trace, now)


def _json_text(columns: Columns) -> str:
    return to_json(columns["resource"]).decode()


def _is_new(written: Written) -> bool:
    return written.user.revision == 1


def _is_change(written: Written) -> bool:
    return written.user.revision > 1


# --- storing --------------------------------------------------------------------------------


async def _add(db: AsyncConnection, new: Sequence[Written]) -> frozenset[str]:
    """Insert users in the order of their names, against deadlocks; return the ids inserted."""
    if not new:
        return frozenset()
    ordered = sorted(new, key=lambda it: (it.user.connection_id, it.columns["user_name_key"]))
    added = await statements.add(db, [it.columns for it in ordered])
    identities = [it.identity for it in ordered if it.identity and it.user.id in added]
    if identities:
        await statements.add_identities(db, identities)
    return added


async def _change(db: AsyncConnection, changed: Sequence[Written]) -> None:
    ordered = sorted(changed, key=lambda it: it.user.key)
    await statements.change(db, [it.columns for it in ordered])
    await statements.change_identities(db, [it.identity for it in ordered if it.identity])


def _result_of(
    outcome: StoredUser | Written | Exception | None, added: frozenset[str]
) -> StoredUser | Exception | None:
    if not isinstance(outcome, Written):
        return outcome
    if _is_new(outcome) and outcome.user.id not in added:
        return user_name_taken()
    return outcome.user


def user_name_taken() -> UniquenessException:
    """Return the error for a userName that another user has."""
    return UniquenessException(detail="userName is already taken")
