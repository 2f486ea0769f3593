"""How does a statement name any number of members? In one parameter, as a table of its own.

Writing a hundred thousand of them down takes a while, so it is apart from the statements. Pure.
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
from api.scim.members.plan import MemberChanges
from api.scim.protocol.ids import ID
from contracts.names import comparison_key

COLUMNS = ("id", "stays", "exact", "display", "display_key", "type")

AT_ONCE = 1_000
"""Rows that are written down in one go."""

Entry = Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class NamedTable:
    """Members that are named, one in each of the ``rows``; NULL where nothing is said."""

    rows: FromClause

    def ids(self) -> Select[str]:
        """Return the ids of those who are to be members."""
        return self.columns(self.rows.c.id)

    def leaving(self, *columns: Any) -> Select[Any]:
        """Return the ids of those who leave, or columns of them."""
        wanted = columns or (self.rows.c.id,)
        return select(*wanted).select_from(self.rows).where(self.rows.c.stays.is_(None))

    def columns(self, *columns: Any) -> Select[Any]:
        """Return columns of those who are to be members."""
        return select(*columns).select_from(self.rows).where(self.rows.c.stays.is_not(None))


@dataclass(frozen=True, slots=True)
class Named:
    """Members that are named, as JSON.

    ``staying`` are to be members and ``leaving`` not; ``labelled`` of them come with a label, and
    ``exact`` are called as they were sent even if that is without one. ``strangers`` are left out:
    their ids cannot be anybody's.
    """

    text: str = "[]"
    staying: int = 0
    leaving: int = 0
    labelled: int = 0
    exact: int = 0
    strangers: int = 0

    @classmethod
    def of_ids(cls, ids: Iterable[str]) -> "Named":
        """Name members to look for."""
        known = [id_ for id_ in ids if ID.fullmatch(id_)]
        return cls(_json({"id": id_, "stays": True} for id_ in known), len(known))

    @classmethod
    def of_types(cls, types: Mapping[str, str]) -> "Named":
        """Name members with the type that they were sent with."""
        known = [(id_, kind) for id_, kind in types.items() if ID.fullmatch(id_)]
        rows: Iterable[Entry] = ({"id": it, "stays": True, "type": kind} for it, kind in known)
        return cls(_json(rows), len(known))

    def table(self, dialect: str) -> NamedTable:
        """Return the table for statements of a dialect."""
        return NamedTable(objects_in(bindparam("named", self.text), COLUMNS, dialect))


@dataclass(frozen=True, slots=True)
class NamedChanges:
    """A change of members, ready for statements: who is named, and who goes without that."""

    named: Named = Named()
    leave_where: tuple[FilterNode, ...] = ()
    others_leave: bool = False

    @property
    def most_rows(self) -> float:
        """Return how many memberships it changes at most; where others go, nobody knows."""
        if self.others_leave or self.leave_where:
            return inf
        return self.named.staying + self.named.leaving

    @classmethod
    def of(cls, changes: MemberChanges) -> "NamedChanges":
        """Write down who stays and, unless everybody else leaves, who leaves."""
        stay = [(id_, label) for id_, label in changes.stay.items() if ID.fullmatch(id_)]
        gone = () if changes.others_leave else changes.leave - changes.stay.keys()
        leave = [id_ for id_ in gone if ID.fullmatch(id_)]
        staying = (_staying(id_, *label) for id_, label in stay)
        leaving = ({"id": id_} for id_ in leave)
        named = Named(
            _json(chain(staying, leaving)),
            len(stay),
            len(leave),
            sum(label.display is not None for label in changes.stay.values()),
            sum(label.exact for label in changes.stay.values()),
            len(changes.stay) - len(stay),
        )
        return cls(named, changes.leave_where, changes.others_leave)


NOTHING = NamedChanges()


def _staying(id_: str, display: str | None, exact: bool) -> Entry:  # noqa: FBT001 - of a tuple
    entry: dict[str, str | bool | None] = {"id": id_, "stays": True, "display": display}
    if display is not None:
        entry["display_key"] = comparison_key(display)
    if exact:
        entry["exact"] = True
    return entry


def _json(rows: Iterable[Entry]) -> str:
    """Write rows down, so many at once that it keeps nobody waiting, and few enough for memory."""
    remaining = iter(rows)
    written = bytearray(b"[")
    while some := list(islice(remaining, AT_ONCE)):
        if len(written) > 1:
            written += b","
        written += to_json(some)[1:-1]
    written += b"]"
    return written.decode()
