"""What does an event say? Rendering joins an identity's newest released state with its rules.

Drafts are read by the statement that leases, or only while the leased version is the newest, so
that no version shows the state of a later one. Rendering needs no database, but CPU time.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any

from pydantic_core import from_json
from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    String,
    bindparam,
    cast,
    column,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import is_among, rows_in
from api.directory.identity_changes import IdentityState
from api.directory.leavings import KEPT_BACK
from api.directory.tables import Connection
from api.outbox.group_names import (
    BYTES_BESIDE_NAME,
    HEAVY_NAMES,
    LARGEST_WEIGHT,
    group_names_of,
    split_group_names,
)
from api.outbox.lease_statement import IDENTITIES
from api.outbox.leasing import BY_RULE, IdentityKey, Leased, Mark
from api.outbox.mapped_groups import rules_with_names
from contracts.identity_changed import (
    TERMS,
    DashboardTerms,
    IdentityChanged,
    MdmTerms,
    StoreTerms,
)
from contracts.names import trimmed
from contracts.rules import RULES, CreateCollaborator, DashboardRules, Role, RoleLine, Rules
from contracts.time_slice import TimeSlice

NAMED = (
    column("connection", String),
    column("id", String),
    column("version", BigInteger),
)
"""The columns of an identity whose groups are read."""

KEPT_RULES = 256
"""The rules, of as many connections, that are kept as they were read. They are short."""


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

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the groups, in order."""
        kept = self.mark.state.groups
        group_names = from_json(self.groups or "[]") if kept is None else kept
        return tuple(sorted(filter(None, map(trimmed, group_names))))

    @property
    def told_rules(self) -> Rules:
        """Return the rules that an event tells.

        Groups that are mapped by their ids have the names from before a leaving that is kept back:
        the groups of that person do not change meanwhile.
        """
        kept = self.mark.state.kept_group_names
        if kept is None or not isinstance(self.rules, DashboardRules):
            return self.rules
        return self.rules.with_group_names(kept)

    @property
    def _kept_giver(self) -> str | None:
        """Return the mapped name that still gives the Admin role, or ``BY_RULE``.

        It is None unless a loss of the role is held or waived.
        """
        return self.mark.admin_line if self.mark.admin_hold in KEPT_BACK else None

    def _terms(self, names: Sequence[str]) -> StoreTerms | DashboardTerms | MdmTerms:
        """Return the terms that the event tells.

        While a loss of the Admin role that the creation rule gave is kept back, the terms name that
        rule, and no line of the mapping: the role of a line would not be the account's own.
        """
        state, rules, giver = self.mark.state, self.told_rules, self._kept_giver
        if giver == BY_RULE and isinstance(rules, DashboardRules):
            rule = CreateCollaborator(role=Role.ADMIN)
            before = {"on_create": rule, "role_map": (), "group_map": ()}
            return terms_of(state, names, rules.model_copy(update=before))
        line = RoleLine(name=giver, role=Role.ADMIN) if giver else None
        return terms_of(state, names, rules, line)

    def render(self) -> IdentityChanged:
        """Return the event of the draft. Pure."""
        mark, state, names = self.mark, self.mark.state, self.names
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
            terms=self._terms(names),
            changed_at=mark.changed_at,
            told_at=state.told_at,
        )


async def render(
    db: AsyncConnection, marks: Sequence[Mark], changed: Callable[[Draft], Draft] | None = None
) -> list[IdentityChanged]:
    """Return the events of the marks, in their order, as of one moment (a snapshot).

    :param changed: returns a draft as it would be after a change that is previewed.
    """
    time_slice, events = TimeSlice(), []
    for draft in await read_drafts(db, marks):
        whole = draft if draft.groups is not None else await read_whole(db, draft)
        if whole is not None:
            events.append((whole if changed is None else changed(whole)).render())
        await time_slice.pause_if_over()
    return events


async def drafts_of(db: AsyncConnection, leased: Leased) -> list[Draft]:
    """Return the drafts of leased marks, in their order; long rules are read for all of them."""
    with_long_rules = [mark for mark, context in leased.marks if context.rules is None]
    read = await read_drafts(db, with_long_rules) if with_long_rules else []
    others = {it.mark.name: it for it in read}
    time_slice, drafts = TimeSlice(), []
    for mark, context in leased.marks:
        if context.rules is not None:
            named = context.workspace, _rules_in(context.rules)
            drafts.append(_draft(mark, named, context.group_names))
        elif draft := others.get(mark.name):
            drafts.append(draft)
        await time_slice.pause_if_over()
    return drafts


async def read_drafts(db: AsyncConnection, marks: Sequence[Mark]) -> list[Draft]:
    """Read the drafts of marks, in their order and with one statement for all of them.

    Heavy names of groups are only weighed, because many of them would take too much memory at once.
    A mark whose identity has a newer version by now is left out: that version has its own mark.
    """
    return await _read(db, marks, HEAVY_NAMES)


async def read_whole(db: AsyncConnection, draft: Draft) -> Draft | None:
    """Return a draft with the names of its groups, which were only weighed before.

    Return None if the identity has a newer version by now.
    """
    read = await _read(db, [draft.mark], LARGEST_WEIGHT)
    return read[0] if read else None


def _draft(mark: Mark, named: tuple[str, Rules], group_names: str | None) -> Draft:
    """Return the draft of a mark, given its workspace and its rules, and its groups as read."""
    workspace, rules = named
    kept = mark.state.groups
    if kept is not None:
        weight = sum(len(name) + BYTES_BESIDE_NAME for name in kept)
        return Draft(mark, workspace, rules, weight=weight)
    names, weight = split_group_names(group_names)
    return Draft(mark, workspace, rules, names, weight)


async def _read(db: AsyncConnection, marks: Sequence[Mark], most: int) -> list[Draft]:
    """Read the drafts of those marks that are of the newest versions.

    Where rules map groups by their ids, the names of these groups are read, and then the drafts
    again: an identity that has the same version before and after was in no group that got another
    name in between, because that marks all members.

    :param most: the largest weight, in bytes, at which names are read.
    """
    drafts = await _read_once(db, marks, most)
    named = await rules_with_names(db, {it.mark.connection_id: it.rules for it in drafts})
    if not named:
        return drafts
    by_group = [it.mark for it in drafts if it.mark.connection_id in named]
    again = {it.mark.name: it for it in await _read_once(db, by_group, most)}
    found = []
    for draft in drafts:
        rules = named.get(draft.mark.connection_id)
        newest = draft if rules is None else again.get(draft.mark.name)
        if newest is not None:
            found.append(newest if rules is None else replace(newest, rules=rules))
    return found


async def _read_once(db: AsyncConnection, marks: Sequence[Mark], most: int) -> list[Draft]:
    """Read the drafts of those marks that are of the newest versions, in one statement.

    :param most: the largest weight, in bytes, at which names are read.
    """
    identities = [
        {"connection": it.connection_id, "id": it.identity_id, "version": it.state.version}
        for it in marks
    ]
    parameters = {
        "connections": json.dumps([{"id": it} for it in {mark.connection_id for mark in marks}]),
        "identities": json.dumps(identities),
        "most": most,
    }
    time_slice = TimeSlice()
    connections: dict[str, tuple[str, Rules]] = {}
    groups: dict[IdentityKey, str | None] = {}
    for connection_id, workspace, id_, text in await db.execute(
        _reading(db.dialect.name), parameters
    ):
        if id_ is None:
            connections[connection_id] = workspace, RULES.validate_json(text)
            await time_slice.pause_if_over()
        else:
            groups[connection_id, id_] = text
    return [
        _draft(it, connections[it.connection_id], groups[it.name])
        for it in marks
        if it.name in groups
    ]


@lru_cache(KEPT_RULES)
def _rules_in(text: str) -> Rules:
    return RULES.validate_json(text)


@cache
def _reading(dialect: str) -> CompoundSelect[Any]:
    """Return the statement that reads connections, with their rules, and the groups of identities.

    A row is of a connection, and has its rules, or of an identity that has the given version, and
    has the weight of the names of its groups, a colon and, where they are light, the names.
    """
    given = rows_in(bindparam("connections", type_=String), [column("id", String)], dialect)
    connections = select(
        col(Connection.id),
        col(Connection.workspace),
        cast(null(), String),
        cast(col(Connection.rules), String),
    ).where(is_among(col(Connection.id), select(given.c.id)))
    named = rows_in(bindparam("identities", type_=String), NAMED, dialect)
    found = IDENTITIES.alias("found")
    names = group_names_of(found, bindparam("most", type_=BigInteger))
    groups = select(found.c.connection_id, cast(null(), String), found.c.id, names).where(
        found.c.connection_id == named.c.connection,
        found.c.id == named.c.id,
        found.c.version == named.c.version,
    )
    return union_all(connections, groups)


def terms_of(
    state: IdentityState, groups: Sequence[str], rules: Rules, kept: RoleLine | None = None
) -> StoreTerms | DashboardTerms | MdmTerms:
    """Return the terms that rules set for an identity in the given groups.

    The deactivation is the one that the rules named when the person left, not the present one.

    :param kept: a line that gives the Admin role whatever the rules say.
    """
    terms: dict[str, Any] = {
        "portal": rules.portal,
        "on_create": rules.on_create,
        "deactivated_at": state.deactivated_at,
    }
    if state.deactivation is not None:
        terms["deactivation"] = state.deactivation
    if isinstance(rules, DashboardRules):
        lines = rules.lines_for((*groups, *state.role_names), groups)
        terms["role_lines"], terms["highest_role"] = lines, rules.highest_role
        if kept is not None and not any(line.role is Role.ADMIN for line in lines):
            terms["role_lines"], terms["highest_role"] = (*lines, kept), Role.ADMIN
    return TERMS.validate_python(terms)
