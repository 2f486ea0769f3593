"""How does a statement name any number of members? In one parameter, as a table of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Select, String, Subquery, bindparam, select

from api.directory.database import objects_in, text_at
from api.scim.ids import ID
from api.scim.membership_plan import MemberChanges
from contracts.names import comparison_key

Entry = Mapping[str, str | bool | None]

COLUMNS = ("id", "stays", "exact", "display", "display_key", "type")


@dataclass(frozen=True, slots=True)
class Named:
    """Members that are named: ``rows`` has one each, NULL where nothing is said.

    ``staying`` says how many of them are to be members, ``strangers`` how many ids could be
    nobody's and are left out.
    """

    rows: Subquery
    staying: int = 0
    strangers: int = 0

    @classmethod
    def of_changes(cls, changes: MemberChanges) -> "Named":
        """Name who stays and, unless everybody else leaves, who leaves."""
        staying: list[Entry] = [
            {
                "id": id_,
                "stays": True,
                "exact": label.exact or None,
                "display": label.display,
                "display_key": label.display and comparison_key(label.display),
            }
            for id_, label in changes.stay.items()
            if ID.fullmatch(id_)
        ]
        leaving = () if changes.others_leave else changes.leave - changes.stay.keys()
        rows: list[Entry] = [*staying, *({"id": id_} for id_ in leaving if ID.fullmatch(id_))]
        return cls(_table(rows), len(staying), len(changes.stay) - len(staying))

    @classmethod
    def of_ids(cls, ids: Iterable[str]) -> "Named":
        """Name members to look for."""
        return cls(_table([{"id": id_, "stays": True} for id_ in ids if ID.fullmatch(id_)]))

    @classmethod
    def of_types(cls, types: Mapping[str, str]) -> "Named":
        """Name members with the type that they were sent with."""
        rows: list[Entry] = [
            {"id": id_, "type": kind} for id_, kind in types.items() if ID.fullmatch(id_)
        ]
        return cls(_table(rows))

    def ids(self) -> Select[str]:
        """Return the ids of those who are to be members."""
        return self.columns(self.rows.c.id)

    def leaving(self) -> Select[str]:
        """Return the ids of those who leave."""
        return select(self.rows.c.id).where(self.rows.c.stays.is_(None))

    def columns(self, *columns: Any) -> Select[Any]:
        """Return columns of those who are to be members."""
        return select(*columns).select_from(self.rows).where(self.rows.c.stays.is_not(None))


def _table(rows: Iterable[Entry]) -> Subquery:
    text = bindparam("named", to_json(list(rows)).decode(), String)
    objects = objects_in(text)
    columns = [text_at(objects.c.value, name).label(name) for name in COLUMNS]
    # No common table expression: Python's sqlite3 counts no rows of statements that begin with one.
    return select(*columns).subquery("named")
