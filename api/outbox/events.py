"""What does an event say? Rendering joins an identity's newest released state with its rules.

Drafts are read in the transaction that leases, so that no version shows the state of a later one.
Rendering needs no database, but CPU time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from sqlalchemy import case, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import json_text, with_commas
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
    """Read the drafts of marks, in their order and with two statements for all of them.

    Heavy names of groups are only weighed, because many of them would take too much memory at once.
    """
    connections = await _connections_of(db, marks)
    groups = await _groups_of(db, marks)
    return [_draft(mark, connections[mark.connection_id], groups) for mark in marks]


async def read_whole(db: AsyncConnection, draft: Draft) -> Draft:
    """Return a draft with the names of its groups, which were only weighed before."""
    mark = draft.mark
    groups = await _groups_of(db, [mark], most=LARGEST_WEIGHT)
    return _draft(mark, (draft.workspace, draft.rules), groups)


def _draft(
    mark: Mark, of: tuple[str, Rules], groups: Mapping[IdentityKey, tuple[str | None, int]]
) -> Draft:
    kept = mark.state.groups
    if kept is not None:
        return Draft(mark, *of, weight=sum(len(name) + BYTES_BESIDE_NAME for name in kept))
    return Draft(mark, *of, *groups.get((mark.connection_id, mark.identity_id), ("[]", 0)))


async def _connections_of(
    db: AsyncConnection, marks: Sequence[Mark]
) -> dict[str, tuple[str, Rules]]:
    ids = {mark.connection_id for mark in marks}
    statement = select(col(Connection.id), col(Connection.workspace), col(Connection.rules)).where(
        col(Connection.id).in_(ids)
    )
    time_slice, found = TimeSlice(), {}
    for id_, workspace, rules in await db.execute(statement):
        found[id_] = workspace, RULES.validate_python(rules)
        await time_slice.pause_if_over()
    return found


async def _groups_of(
    db: AsyncConnection, marks: Sequence[Mark], most: int = HEAVY_NAMES
) -> dict[IdentityKey, tuple[str | None, int]]:
    """Return the names of identities' groups, or None where they weigh too much, and their weight.

    :param most: the largest weight, in bytes, at which names are read.
    """
    wanted = [(mark.connection_id, mark.identity_id) for mark in marks if mark.state.groups is None]
    name = col(GroupRow.display_name)
    member = col(Membership.connection_id), col(Membership.member_id)
    weight: Any = func.sum(func.length(name) + BYTES_BESIDE_NAME)
    names = case((weight <= most, with_commas(json_text(name), name)))
    statement = (
        select(*member, names, weight)
        .join(
            GroupRow,
            (col(GroupRow.connection_id) == col(Membership.connection_id))
            & (col(GroupRow.id) == col(Membership.group_id)),
        )
        .where(tuple_(*member).in_(wanted))
        .group_by(*member)
    )
    rows: Sequence[Any] = (await db.execute(statement)).all()
    return {
        (connection_id, member_id): (None if found is None else f"[{found}]", int(weighed))
        for connection_id, member_id, found, weighed in rows
    }


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
