"""Which events would a change publish? They are rendered from a snapshot as if it had been made.

The order is that of relays: urgent ones first, and within a lane the oldest marks.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    case,
    column,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.imagined_brakes import ImaginedBrakes
from api.directory.dialects import is_among, objects_in, rows_in
from api.directory.identity_changes import IdentityState, after_update, next_version
from api.directory.identity_listing import PAGE_SIZE
from api.directory.identity_rows import LANE_NUMBERS
from api.directory.leavings import KEPT_BACK
from api.directory.tables import ApiTable
from api.outbox.events import Draft, render
from api.outbox.leasing import Mark, unleased_marks
from api.outbox.mapped_groups import rules_with_names
from api.scim.users.profile import released_attributes_of
from contracts.downstream.devices import Devices
from contracts.identity_changed import IdentityChanged
from contracts.rules import RemoveUserAndDevices, Rules
from contracts.topology import Lane

IDENTITIES, USERS = (ApiTable.metadata.tables[name] for name in ("identities", "users"))


@dataclass(frozen=True, slots=True)
class ImaginedChange:
    """A change of a connection that is only imagined, at a time in microseconds.

    ``rules`` are the rules of the connection after the change. If they are ``changed``, all
    identities but ``left_alone`` are published again. The rules deactivate the ``leavers``, one
    after the other; leavers whose leaving is held or waived already are let go. ``goes_live``
    publishes all marks that wait.
    """

    connection: str
    rules: Rules
    now: int
    changed: bool = False
    left_alone: frozenset[str] = frozenset()
    leavers: Sequence[str] = ()
    goes_live: bool = False

    def state_after(
        self,
        id_: str,
        state: IdentityState,
        leaver: Mapping[str, Any] | None,
        approved: IdentityState | None = None,
        groups: tuple[str, ...] = (),
    ) -> IdentityState:
        """Return the state of an identity after the change, before a brake has judged it. Pure.

        :param leaver: the stored document of a user who leaves.
        :param approved: the whole state of a person whose leaving was held, and is let go.
        :param groups: the names of a leaver's groups.
        """
        if approved is not None:
            version = next_version(approved.version, self.now)
            return replace(approved, version=version, leaving=None, earlier=None)
        if self.changed and id_ not in self.left_alone:
            state = replace(state, version=next_version(state.version, self.now))
        if leaver is not None:
            sent = released_attributes_of({**leaver, "active": False})
            change = after_update(state, sent, self.rules.on_deactivate, self.now, groups)
            state = state if change is None else change.state
        return state


async def imagined_events(
    db: AsyncConnection, change: ImaginedChange, brakes: ImaginedBrakes, devices: Devices
) -> AsyncIterator[Sequence[IdentityChanged]]:
    """Yield pages of the events that a change would publish, each of one lane.

    :param db: a connection whose statements all see the same moment.
    :param brakes: judges each loss in its turn, and keeps the held effects.
    :param devices: counts the devices that leavers have.
    """
    named = await rules_with_names(db, {change.connection: change.rules})
    change = replace(change, rules=named.get(change.connection, change.rules))
    found = await db.stream(_published_by(change, db.dialect.name))
    async for rows in found.partitions(PAGE_SIZE):
        for _lane, of_lane in groupby(rows, lambda row: row.lane):
            of_page = list(of_lane)
            leaves = {row.id: row.leaves for row in of_page}
            published = {row.id: row.published_version for row in of_page}
            place = {id_: at for at, id_ in enumerate(leaves)}
            found_marks = await unleased_marks(db, change.connection, leaves)
            of_ids = {it.identity_id: it for it in found_marks}  # in no order
            marks = [of_ids[id_] for id_ in leaves if id_ in of_ids]
            marks = sorted(marks, key=lambda mark: place[mark.identity_id])
            users = await _users_of(db, change, [id_ for id_, it in leaves.items() if it])
            removed = await _removed_with(change, marks, users, devices)
            yield await render(db, marks, _after(change, users, brakes, published, removed))


def _after(
    change: ImaginedChange,
    users: Mapping[str, Mapping[str, Any]],
    brakes: ImaginedBrakes,
    published: Mapping[str, int],
    removed: Mapping[str, int],
) -> Callable[[Draft], Draft]:
    named = frozenset(change.leavers)

    def after(draft: Draft) -> Draft:
        mark = draft.mark
        id_, leaver = mark.identity_id, users.get(mark.identity_id)
        approved = mark.leaving if id_ in named and _is_kept_back(mark) else None
        groups = () if leaver is None else draft.names
        state = change.state_after(id_, mark.state, leaver, approved, groups)
        state = brakes.judge_leaving(draft, state, published[id_], removed.get(id_, 0))
        mark = replace(mark, state=state)
        if approved is not None and mark.admin_hold is not None:
            mark = replace(mark, admin_line=None, admin_hold=None)  # an approval ends all holds
        return brakes.judge_admin(replace(draft, rules=change.rules, mark=mark))

    return after


async def _removed_with(
    change: ImaginedChange,
    marks: Sequence[Mark],
    leavers: Collection[str],
    devices: Devices,
) -> Mapping[str, int]:
    """Return the number of devices that would be removed with each person whose leaving is judged.

    The numbers are by identity id; people who would lose no device are missing.
    """
    removing = [mark.identity_id for mark in marks if _removes_devices(change, mark, leavers)]
    if not removing:
        return {}
    held = await devices.held_by(change.connection, removing)
    return {id_: len(of_person) for id_, of_person in held.items()}


def _removes_devices(change: ImaginedChange, mark: Mark, leavers: Collection[str]) -> bool:
    action = None if mark.leaving is None else mark.leaving.deactivation
    if mark.identity_id in leavers and mark.state.active and not _is_kept_back(mark):
        action = change.rules.on_deactivate
    return isinstance(action, RemoveUserAndDevices)


def _is_kept_back(mark: Mark) -> bool:
    """Return whether the leaving of a person is held or waived, so that it may be approved."""
    state = mark.leaving
    return state is not None and not state.active and state.leaving in KEPT_BACK


async def _users_of(
    db: AsyncConnection, change: ImaginedChange, leavers: Sequence[str]
) -> Mapping[str, Mapping[str, Any]]:
    """Return the stored documents of the users who would leave, by id."""
    if not leavers:
        return {}
    statement = select(USERS.c.id, USERS.c.resource).where(
        USERS.c.connection_id == change.connection, USERS.c.id.in_(leavers)
    )
    return dict((await db.execute(statement)).all())


def _published_by(change: ImaginedChange, dialect: str) -> Select[tuple[str, int, bool, int]]:
    """Return the statement for the identities that a change publishes.

    A row tells the lane, whether the identity leaves, and the last published version.
    Leavers come one after the other, unless changed rules have marked all of them at once.
    """
    row = IDENTITIES.c
    is_marked = row.dirty_lane.is_not(None)
    may_leave = or_(row.active, row.leaving.is_not(None))
    leaves = case((and_(may_leave, _is_one_of(change.leavers, dialect)), true()), else_=false())
    published: list[ColumnElement[bool]] = [leaves]
    place: ColumnElement[int] = literal(0, BigInteger)
    if change.leavers and not change.changed:
        place = func.coalesce(_place_among(change.leavers, dialect), 0)
    if change.changed:
        published.append(not_(_is_one_of(change.left_alone, dialect)))
    if change.goes_live:
        published.append(is_marked)
    urgent, bulk = (literal(LANE_NUMBERS[it]) for it in (Lane.URGENT, Lane.BULK))
    lane = case((leaves, urgent), else_=func.coalesce(row.dirty_lane, bulk)).label("lane")
    since = func.coalesce(row.dirty_since, literal(change.now, BigInteger) + place)
    return (
        select(row.id, lane, leaves.label("leaves"), row.published_version)
        .where(row.connection_id == change.connection, or_(*published))
        .order_by(lane, since, row.id)
    )


def _is_one_of(ids: Collection[str], dialect: str) -> ColumnElement[bool]:
    """Return the condition that an identity has one of the ids, which are one parameter."""
    if not ids:
        return false()
    objects = literal(json.dumps([{"id": id_} for id_ in sorted(ids)]))
    return is_among(IDENTITIES.c.id, select(objects_in(objects, ["id"], dialect).c.id))


def _place_among(ids: Sequence[str], dialect: str) -> ColumnElement[int]:
    """Return the place of an identity among the ids, which are one parameter; else NULL."""
    objects = literal(json.dumps([{"id": id_, "place": at} for at, id_ in enumerate(ids, 1)]))
    columns: list[ColumnElement[Any]] = [column("id", String), column("place", BigInteger)]
    named = rows_in(objects, columns, dialect)
    return select(named.c.place).where(named.c.id == IDENTITIES.c.id).scalar_subquery()
