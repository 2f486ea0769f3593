"""How does a statement name any number of members? A JSON parameter is a table of them.

The JSON of a hundred thousand members takes a while, so it is written before the statements run, in
a thread if need be. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from math import inf
from typing import Any

from pydantic_core import to_json
from scim2_models.path import FilterNode
from sqlalchemy import FromClause, Select, bindparam, select

from api.directory.dialects import objects_in
from api.scim.members.plan import MemberPlan
from api.scim.protocol.ids import ID
from contracts.names import comparison_key

MEMBER_COLUMNS = ("id", "kept", "exact", "display", "display_key", "type")

ROWS_AT_ONCE = 1_000
"""Rows that are serialised in one call."""

Entry = Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class MemberTable:
    """The table of a parameter: a member in each of the ``rows``; a missing property is NULL."""

    rows: FromClause

    def kept_ids(self) -> Select[str]:
        """Select the ids of the rows that are to be members."""
        return self.kept(self.rows.c.id)

    def kept(self, *columns: Any) -> Select[Any]:
        """Select columns of the rows that are to be members."""
        return select(*columns).select_from(self.rows).where(self.rows.c.kept.is_not(None))

    def removed(self, *columns: Any) -> Select[Any]:
        """Select columns, or else the ids, of the rows that are to be removed."""
        selected = columns or (self.rows.c.id,)
        return select(*selected).select_from(self.rows).where(self.rows.c.kept.is_(None))


@dataclass(frozen=True, slots=True)
class MemberIds:
    """Ids of members as JSON, with their properties, and counts of them.

    ``kept`` are to be members and ``removed`` are not. ``labelled`` are those with a label, and
    ``exact`` those that take over the label as sent, even an empty one. ``unknown_ids`` counts
    texts that have not the form of an id; the JSON omits them.
    """

    text: str = "[]"
    kept: int = 0
    removed: int = 0
    labelled: int = 0
    exact: int = 0
    unknown_ids: int = 0

    @classmethod
    def of(cls, ids: Iterable[str]) -> "MemberIds":
        """Write down ids without any property."""
        known = [id_ for id_ in ids if ID.fullmatch(id_)]
        return cls(_json({"id": id_, "kept": True} for id_ in known), len(known))

    @classmethod
    def of_types(cls, types: Mapping[str, str]) -> "MemberIds":
        """Write down ids with the type that each member was sent with."""
        known = [(id_, kind) for id_, kind in types.items() if ID.fullmatch(id_)]
        rows: Iterable[Entry] = ({"id": it, "kept": True, "type": kind} for it, kind in known)
        return cls(_json(rows), len(known))

    def table(self, dialect: str) -> MemberTable:
        """Return the parameter as a table for statements of a dialect."""
        return MemberTable(objects_in(bindparam("named", self.text), MEMBER_COLUMNS, dialect))


@dataclass(frozen=True, slots=True)
class MemberChange:
    """A ``MemberPlan`` ready for statements: named members, and conditions for unnamed ones."""

    ids: MemberIds = MemberIds()
    remove_where: tuple[FilterNode, ...] = ()
    remove_others: bool = False

    @property
    def most_rows(self) -> float:
        """Return an upper bound of the memberships that change; infinite under a condition."""
        if self.remove_others or self.remove_where:
            return inf
        return self.ids.kept + self.ids.removed

    @classmethod
    def of(cls, plan: MemberPlan) -> "MemberChange":
        """Write down the members to keep and, unless all others go anyway, those to remove."""
        kept = [(id_, label) for id_, label in plan.keep.items() if ID.fullmatch(id_)]
        to_remove = () if plan.remove_others else plan.remove - plan.keep.keys()
        removed = [id_ for id_ in to_remove if ID.fullmatch(id_)]
        kept_entries = (_kept_entry(id_, *label) for id_, label in kept)
        removed_entries = ({"id": id_} for id_ in removed)
        ids = MemberIds(
            _json(chain(kept_entries, removed_entries)),
            len(kept),
            len(removed),
            sum(label.display is not None for label in plan.keep.values()),
            sum(label.exact for label in plan.keep.values()),
            len(plan.keep) - len(kept),
        )
        return cls(ids, plan.remove_where, plan.remove_others)


NO_CHANGE = MemberChange()


def _kept_entry(id_: str, display: str | None, exact: bool) -> Entry:  # noqa: FBT001 - of a tuple
    entry: dict[str, str | bool | None] = {"id": id_, "kept": True, "display": display}
    if display is not None:
        entry["display_key"] = comparison_key(display)
    if exact:
        entry["exact"] = True
    return entry


def _json(rows: Iterable[Entry]) -> str:
    """Serialise rows in portions, so that other threads run in between and memory stays small."""
    remaining = iter(rows)
    written = bytearray(b"[")
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        if len(written) > 1:
            written += b","
        written += to_json(some)[1:-1]
    written += b"]"
    return written.decode()
