"""What does an event say? The newest released state of an identity, with the rules of now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dirty_set import Mark
from api.directory.identity_changes import IdentityState
from api.directory.tables import Connection, GroupRow, Membership
from contracts.identity_changed import (
    TERMS,
    DashboardTerms,
    IdentityChanged,
    MdmTerms,
    StoreTerms,
)
from contracts.names import trimmed
from contracts.rules import RULES, DashboardRules, Rules

GroupNames = Mapping[tuple[str, str], Sequence[str]]
"""The names of the groups of an identity, by its connection and its id."""


async def render(db: AsyncConnection, marks: Sequence[Mark]) -> list[IdentityChanged]:
    """Return the events of the marks, in their order, with two statements for all of them."""
    connections = await _connections_of(db, marks)
    groups = await _groups_of(db, marks)
    return [_event(mark, *connections[mark.connection_id], groups) for mark in marks]


async def _connections_of(
    db: AsyncConnection, marks: Sequence[Mark]
) -> dict[str, tuple[str, Rules]]:
    ids = {mark.connection_id for mark in marks}
    statement = select(col(Connection.id), col(Connection.workspace), col(Connection.rules)).where(
        col(Connection.id).in_(ids)
    )
    rows = await db.execute(statement)
    return {id_: (workspace, RULES.validate_python(rules)) for id_, workspace, rules in rows}


async def _groups_of(db: AsyncConnection, marks: Sequence[Mark]) -> GroupNames:
    wanted = [(mark.connection_id, mark.identity_id) for mark in marks if mark.state.groups is None]
    member = tuple_(col(Membership.connection_id), col(Membership.member_id))
    statement = (
        select(col(Membership.connection_id), col(Membership.member_id), col(GroupRow.display_name))
        .join(
            GroupRow,
            (col(GroupRow.connection_id) == col(Membership.connection_id))
            & (col(GroupRow.id) == col(Membership.group_id)),
        )
        .where(member.in_(wanted))
    )
    names: dict[tuple[str, str], list[str]] = defaultdict(list)
    for connection_id, member_id, name in await db.execute(statement):
        names[connection_id, member_id].append(name)
    return names


def _event(mark: Mark, workspace: str, rules: Rules, groups: GroupNames) -> IdentityChanged:
    state = mark.state
    current = groups.get((mark.connection_id, mark.identity_id), ())
    called = map(trimmed, current if state.groups is None else state.groups)
    names = tuple(sorted(filter(None, called)))
    return IdentityChanged(
        workspace=workspace,
        connection=mark.connection_id,
        identity=mark.identity_id,
        version=state.version,
        active=state.active,
        deleted=state.deleted,
        ever_active=state.ever_active,
        profile=state.profile,
        groups=names,
        terms=terms_of(state, names, rules),
        changed_at=mark.changed_at,
    )


def terms_of(
    state: IdentityState, groups: Sequence[str], rules: Rules
) -> StoreTerms | DashboardTerms | MdmTerms:
    """Return what the rules mean for an identity that is in these groups.

    The deactivation is the one that was named when the person left, whatever the rules say now.
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
