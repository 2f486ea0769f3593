"""What does an event say? Rendering joins an identity's newest released state with its rules.

Drafts are read in the transaction that leases, so that no version shows the state of a later one.
Rendering needs no database, but CPU time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    FromClause,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import is_among, json_text, rows_in, with_commas
from api.directory.identity_changes import IdentityState
from api.directory.tables import Connection, GroupRow, Membership
from api.outbox.leasing import Mark
from contracts.identity_changed import (
    TERMS,
    DashboardTerms,
    IdentityChanged,
    MdmTerms,
    StoreTerms,
)
from contracts.names import trimmed
from contracts.rules import RULES, DashboardRules, Rules
from contracts.time_slice import TimeSlice

BYTES_BESIDE_NAME = 3
"""Bytes of a group's name in an event beside its characters: quotes and a comma."""

HEAVY_NAMES = 16_384
"""The weight of names, in bytes, that take some milliseconds to render."""

LARGEST_WEIGHT = 2**31 - 1
"""A weight that no identity reaches."""

IdentityKey = tuple[str, str]
"""The connection of an identity, and its id."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The input of rendering a mark.

    ``groups`` is a JSON array of names, or None where they were too heavy to be read. ``weight`` is
    the least number of bytes that these names take in the event.
    """

    mark: Mark
    workspace: str
    rules: Rules
    groups: str | None = "[]"
    weight: int = 0

    @property
    def is_heavy(self) -> bool:
        """Return whether rendering takes so long that it needs a thread."""
        return self.weight > HEAVY_NAMES

    def render(self) -> IdentityChanged:
        """Return the event of the draft. Pure."""
        mark, state = self.mark, self.mark.state
        group_names = from_json(self.groups or "[]") if state.groups is None else state.groups
        names = tuple(sorted(filter(None, map(trimmed, group_names))))
        return IdentityChanged(
            workspace=self.workspace,
            connection=mark.connection_id,
            identity=mark.identity_id,
            version=state.version,
            active=state.active,
            deleted=state.deleted,
            ever_active=state.ever_active,
            profile=state.profile,
            groups=names,
            terms=terms_of(state, names, self.rules),
            changed_at=mark.changed_at,
            told_at=state.told_at,
        )


async def render(db: AsyncConnection, marks: Sequence[Mark]) -> list[IdentityChanged]:
    """Return the events of the marks, in their order."""
    time_slice, events = TimeSlice(), []
    for draft in await read_drafts(db, marks):
        whole = draft if draft.groups is not None else await read_whole(db, draft)
        events.append(whole.render())
        await time_slice.pause_if_over()
    return events


async def read_drafts(db: AsyncConnection, marks: Sequence[Mark]) -> list[Draft]:
    """Read the drafts of marks, in their order and with one statement for all of them.

    Heavy names of groups are only weighed, because many of them would take too much memory at once.
    """
    read = await _read(db, marks, HEAVY_NAMES)
    return [_draft(mark, read) for mark in marks]


async def read_whole(db: AsyncConnection, draft: Draft) -> Draft:
    """Return a draft with the names of its groups, which were only weighed before."""
    return _draft(draft.mark, await _read(db, [draft.mark], LARGEST_WEIGHT))


@dataclass(frozen=True, slots=True)
class Read:
    """The workspace and the rules of each connection, and the names of identities' groups.

    Names are None where they weigh too much. Their weight stands beside them.
    """

    connections: Mapping[str, tuple[str, Rules]]
    groups: Mapping[IdentityKey, tuple[str | None, int]]


def _draft(mark: Mark, read: Read) -> Draft:
    workspace, rules = read.connections[mark.connection_id]
    kept = mark.state.groups
    if kept is not None:
        weight = sum(len(name) + BYTES_BESIDE_NAME for name in kept)
        return Draft(mark, workspace, rules, weight=weight)
    names, weight = read.groups.get((mark.connection_id, mark.identity_id), ("[]", 0))
    return Draft(mark, workspace, rules, names, weight)


async def _read(db: AsyncConnection, marks: Sequence[Mark], most: int) -> Read:
    """Read what drafts of marks need, as it is now.

    :param most: the largest weight, in bytes, at which names are read.
    """
    parameters = {
        "connections": json.dumps([{"id": it} for it in {mark.connection_id for mark in marks}]),
        "identities": json.dumps(
            [
                {"connection": mark.connection_id, "id": mark.identity_id}
                for mark in marks
                if mark.state.groups is None
            ]
        ),
        "most": most,
    }
    time_slice = TimeSlice()
    connections: dict[str, tuple[str, Rules]] = {}
    groups: dict[IdentityKey, tuple[str | None, int]] = {}
    for connection_id, workspace, id_, text in await db.execute(
        _reading(db.dialect.name), parameters
    ):
        if id_ is None:
            connections[connection_id] = workspace, RULES.validate_json(text)
            await time_slice.pause_if_over()
        elif text is not None:
            weight, _, names = text.partition(":")
            groups[connection_id, id_] = (f"[{names}]" if names else None), int(weight)
    return Read(connections, groups)


@cache
def _reading(dialect: str) -> CompoundSelect[Any]:
    """Return the statement that reads connections, with their rules, and the groups of identities.

    A row is of a connection, and has its rules, or of an identity, and has the weight of the names
    of its groups, a colon and, where they are light, the names.
    """
    given = rows_in(bindparam("connections", type_=String), [column("id", String)], dialect)
    connections = select(
        col(Connection.id),
        col(Connection.workspace),
        cast(null(), String),
        cast(col(Connection.rules), String),
    ).where(is_among(col(Connection.id), select(given.c.id)))
    names = [column("connection", String), column("id", String)]
    named = rows_in(bindparam("identities", type_=String), names, dialect)
    groups = select(named.c.connection, cast(null(), String), named.c.id, _groups_of(named))
    return union_all(connections, groups)


def _groups_of(named: FromClause) -> ScalarSelect[str]:
    """Return the weight and the names of the groups of each identity.

    The subquery runs for each identity, by index: PostgreSQL would plan a join by its statistics,
    which know nothing of a group that was pushed a moment ago.
    """
    name = col(GroupRow.display_name)
    weight: Any = func.sum(func.length(name) + BYTES_BESIDE_NAME)
    is_light = weight <= bindparam("most", type_=BigInteger)
    light = case((is_light, with_commas(json_text(name), name)), else_="")
    return (
        select(cast(weight, String).concat(":").concat(light))
        .select_from(Membership)
        .join(
            GroupRow,
            and_(
                col(GroupRow.connection_id) == col(Membership.connection_id),
                col(GroupRow.id) == col(Membership.group_id),
            ),
        )
        .where(
            col(Membership.connection_id) == named.c.connection,
            col(Membership.member_id) == named.c.id,
        )
        .correlate(named)
        .scalar_subquery()
    )


def terms_of(
    state: IdentityState, groups: Sequence[str], rules: Rules
) -> StoreTerms | DashboardTerms | MdmTerms:
    """Return the terms that rules set for an identity in the given groups.

    The deactivation is the one that the rules named when the person left, not the present one.
    """
    terms: dict[str, Any] = {
        "portal": rules.portal,
        "on_create": rules.on_create,
        "deactivated_at": state.deactivated_at,
    }
    if state.deactivation is not None:
        terms["deactivation"] = state.deactivation
    if isinstance(rules, DashboardRules):
        terms["role_lines"] = rules.lines_for((*groups, *state.role_names))
        terms["highest_role"] = rules.highest_role
    return TERMS.validate_python(terms)
