"""How are marks leased by one statement? It finds workspaces in turn, and takes the oldest of each.

The statement also returns the context of an event, as of the same moment: the workspace, the rules
and the names of groups.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    ScalarSelect,
    String,
    Update,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    select,
    true,
)
from sqlalchemy import update as update_rows
from sqlmodel import col

from api.directory.connection_states import has_no_brake, publishes
from api.directory.dialects import (
    is_among,
    ordered_join,
    position_of,
    returned_beside,
    row_name,
    unindexed,
)
from api.directory.identity_rows import LANE_NUMBERS
from api.directory.leavings import Leaving
from api.directory.tables import Connection, Identity
from api.outbox.group_names import group_names_of
from contracts.topology import Lane

IDENTITIES = Identity.__table__  # type: ignore[attr-defined]
CONNECTIONS = Connection.__table__  # type: ignore[attr-defined]

LIGHT_RULES = 1_000
"""The length of rules that are returned with each mark. Longer ones, with many lines of a mapping,
are read once for a batch."""


OF_A_GROUP = '"group":'
"""A text in all rules that map a group by its id, whose name is read once for a batch, too."""

UNREAD = {
    "dirty_lane",
    "due_at",
    "published_version",
    "published_at",
    "rejection",
    "rejected_version",
    "rejected_at",
    "first_rejected_at",
    "rejections",
    "held_since",
    "locked_at",
    "admin_held_since",
}
"""Columns of an identity that say nothing about its event or its next publication."""

ONE: ColumnElement[int] = literal_column("1")
"""A limit that is no parameter. PostgreSQL plans once for all values of the parameters then, which
takes as long as the statement itself: 0.5 ms of a single write."""


@dataclass(frozen=True, slots=True)
class MarkSelection:
    """Selects the suspects of a lane, or all its other marks."""

    lane: Lane
    suspect: bool = False

    def includes(self, marks: FromClause) -> ColumnElement[bool]:
        """Return the condition that a mark is selected, ready or not.

        Literals stand in place of parameters: PostgreSQL would plan once for all selections, and a
        lane may have no marks.
        """
        lane: ColumnElement[int] = literal_column(str(LANE_NUMBERS[self.lane]))
        is_suspect = marks.c.suspect == (true() if self.suspect else false())
        return and_(marks.c.dirty_lane == lane, is_suspect)

    def includes_ready(self, marks: FromClause) -> ColumnElement[bool]:
        """Return the condition that a mark is selected and ready."""
        return and_(self.includes(marks), marks.c.due_at.is_(None))


@cache
def lease_statement(selection: MarkSelection) -> Update:
    """Return the statement that leases the oldest marks of each workspace that has its turn.

    Its parameters are ``most``, the places to be given away, ``after``, the workspace that was
    served last, and ``until``. Each workspace gets the ``share`` that the rows return.

    A mark whose identity gets a newer version while the statement runs is left out, because the
    groups that are returned would be those from before. The state of the connection is thus never
    older than the state of the identity: no change that was accepted after a pause is leased.

    A leaving that no brake judges is released at once, without a statement of its own.
    """
    waiting = _waiting(selection)
    share = _share(waiting)
    ranked = _ranked(selection, waiting, share)
    return (
        update_rows(IDENTITIES)
        .where(
            IDENTITIES.c.connection_id == ranked.c.connection_id,
            IDENTITIES.c.id == ranked.c.id,
            IDENTITIES.c.version == ranked.c.version,
            ranked.c.rank <= share,
        )
        .values(
            due_at=bindparam("until", type_=BigInteger),
            leaving=_unless_released(IDENTITIES.c.leaving),
            earlier_leaving=_unless_released(IDENTITIES.c.earlier_leaving),
        )
        .returning(
            *(it for it in IDENTITIES.c if it.name not in UNREAD),
            returned_beside(share).label("share"),
            returned_beside(_of_connection(Connection.workspace)).label("workspace"),
            returned_beside(_of_connection(_light_rules())).label("rules"),
            returned_beside(group_names_of(IDENTITIES)).label("group_names"),
        )
    )


def _waiting(selection: MarkSelection) -> CTE:
    """Return the connections with ready marks, and the places of their workspaces in the turn.

    They are found by steps through the index. A step leads from one connection with marks to the
    next; ready ones are then looked for. PostgreSQL's statistics of marks are outdated, so the
    order decides: only this index has it.
    """
    marks = IDENTITIES.alias()
    in_order = (marks.c.connection_id, marks.c.due_at, marks.c.dirty_since)
    first = select(marks.c.connection_id).where(selection.includes(marks))
    first = first.order_by(*in_order).limit(ONE)
    found = select(first.scalar_subquery().label("id")).cte("found", recursive=True)
    beyond = first.where(marks.c.connection_id > found.c.id).correlate(found).scalar_subquery()
    found = found.union_all(select(beyond).where(found.c.id.is_not(None)))
    ready = first.where(marks.c.connection_id == found.c.id, marks.c.due_at.is_(None))
    workspace = col(Connection.workspace)
    was_served = case((workspace <= bindparam("after", type_=String), 1), else_=0)
    place = func.dense_rank().over(order_by=(was_served, workspace))
    return (
        select(col(Connection.id), workspace, place.label("place"))
        .join(found, found.c.id == col(Connection.id))
        .where(publishes(CONNECTIONS), ready.correlate(found).scalar_subquery().is_not(None))
        .cte("waiting")
    )


def _share(waiting: CTE) -> ScalarSelect[int]:
    """Return the marks that each workspace may give: equal parts, and one at least."""
    part = bindparam("most", type_=Integer) // func.max(waiting.c.place)
    return select(case((part < 1, 1), else_=part)).select_from(waiting).scalar_subquery()


def _ranked(selection: MarkSelection, waiting: CTE, share: ScalarSelect[int]) -> FromClause:
    """Return the oldest ready marks of each connection, ranked within their workspaces.

    As many marks of each connection are read, by the index, as the whole workspace may get: the
    oldest marks of the workspace are among them. SQLite finds them by their rowids, whatever its
    statistics are: by those of a small table, a lease among 30,000 marks took 2 s in place of 7 ms.
    """
    each, marks = IDENTITIES.alias("each"), IDENTITIES.alias("marks")
    oldest = (
        select(row_name(each.c.id))
        .where(selection.includes_ready(each), each.c.connection_id == waiting.c.id)
        .order_by(each.c.due_at, each.c.dirty_since)  # due_at is NULL: this is the index's order
        .limit(share)
        .with_for_update(skip_locked=True)
        .correlate(waiting)
    )
    of_connection = unindexed(marks.c.connection_id) == waiting.c.id
    rank = func.row_number().over(
        partition_by=waiting.c.workspace, order_by=(marks.c.dirty_since, marks.c.id)
    )
    return (
        select(marks.c.connection_id, marks.c.id, marks.c.version, rank.label("rank"))
        .select_from(ordered_join(waiting, marks, of_connection))
        .where(
            waiting.c.place <= bindparam("most", type_=Integer),
            is_among(row_name(marks.c.id), oldest),
        )
        .subquery("ranked")
    )


def _of_connection(value: Any) -> ScalarSelect[Any]:
    """Return a value of the connection of an identity."""
    return (
        select(value)
        .where(col(Connection.id) == IDENTITIES.c.connection_id)
        .correlate(IDENTITIES)
        .scalar_subquery()
    )


def _unless_released(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a value of an identity, or NULL if its leaving passes without a judgement."""
    is_unjudged = IDENTITIES.c.leaving == literal_column(str(int(Leaving.UNJUDGED)))
    passes = and_(is_unjudged, _of_connection(has_no_brake(CONNECTIONS)))
    return case((passes, null()), else_=value)


def _light_rules() -> ColumnElement[str]:
    rules = cast(col(Connection.rules), String)
    are_light = func.length(rules) <= LIGHT_RULES
    return case((and_(are_light, position_of(rules, OF_A_GROUP) == 0), rules), else_=null())
