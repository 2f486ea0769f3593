"""Whose names begin with a text? Indexes of users answer, one for each kind of name.

The names are merged in their order. A person stands there once for each name that begins with the
text, and is shown at the first of these places. So a page reads no more than it looks at, however
many people there are. Deleted people have no user any more, and are not found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    literal_column,
    or_,
    select,
    type_coerce,
    union,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.dialects import in_code_points
from api.directory.tables import ApiTable
from contracts.names import name_key, trimmed

USERS = ApiTable.metadata.tables["users"]

LONGEST_BEGINNING = 200
"""Characters of a name that are compared and indexed: an entry of an index is small, and a
displayName may have hundreds of thousands."""

LAST_CHARACTER = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)
"""Halves of characters, which UTF-8 cannot encode."""

NUL = "\x00"
"""A character that PostgreSQL cannot store."""

SIGMA, FINAL_SIGMA = "\u03c3", "\u03c2"
"""The small letters of the Greek capital sigma: inside a word, and at its end."""


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A place in the order of names: the key of a name, and the id of the person who has it."""

    key: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class NameEntry:
    """The place of a found name, and a name of its person for each of ``NAMES``."""

    place: NamePlace
    names: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """The start of a name: its comparison key, and the text itself for an externalId.

    SCIM compares an externalId with the case of its letters (RFC 7643, section 3.1).
    """

    key: str
    exact: str

    @classmethod
    def of(cls, text: str) -> "Beginning":
        """Return the beginning that a text means, without the blanks around it."""
        return cls(name_key(text)[:LONGEST_BEGINNING], trimmed(text)[:LONGEST_BEGINNING])

    @property
    def is_storable(self) -> bool:
        """Return whether databases can store the text, so that a name may begin with it."""
        return NUL not in self.exact and not any(ord(it) in SURROGATES for it in self.exact)

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys with which the key of a name may begin: one, or two with a final sigma.

        The text may end within a word of a name. A sigma at its end is a final one in the key of
        the text, and the other one in the key of the name.
        """
        before, sigma, after = self.key.rpartition(FINAL_SIGMA)
        return (self.key, before + SIGMA + after) if sigma else (self.key,)

    @property
    def of_names(self) -> tuple[tuple[str, ...], ...]:
        """Return the beginnings of each name, in the order of ``NameEntry.names``."""
        return (self.keys, (self.exact,), self.keys, self.keys, self.keys)

    def is_first(self, entry: NameEntry) -> bool:
        """Return whether the person of an entry has no earlier place in the order."""
        named = zip(entry.names, self.of_names, strict=True)
        return entry.place.key == min(it for it, begins in named if it and it.startswith(begins))


async def names_after(
    db: AsyncConnection, connection_id: str, beginning: Beginning, after: NamePlace, most: int
) -> Sequence[NameEntry]:
    """Return the names of a connection's people with a beginning, from behind a place, in order.

    :param beginning: the start of the names, which is not empty.
    :param most: the most names that are returned.
    """
    if not beginning.is_storable:
        return []
    branches = [
        _branch(connection_id, name, begins, after, most).subquery()
        for name, beginnings in zip(NAMES, beginning.of_names, strict=True)
        for begins in beginnings
    ]
    merged = union(*(select(it) for it in branches)).subquery()
    order = in_code_points(merged.c.key), merged.c.id
    statement = select(merged).order_by(*order).limit(most)
    return [
        NameEntry(NamePlace(key, id_), tuple(names))
        for key, id_, *names in await db.execute(statement)
    ]


def end_of(beginning: str) -> str | None:
    """Return the first text behind all texts with a beginning, by code points; None without one."""
    kept = beginning.rstrip(chr(LAST_CHARACTER))
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(SURROGATES.stop if following in SURROGATES else following)


@dataclass(frozen=True, slots=True)
class _Name:
    """A kind of name with its index of users; ``has`` is the condition of a partial index."""

    sql: ColumnElement[str]
    has: ColumnElement[bool] | None = None


def _document(path: str) -> ColumnElement[str]:
    """Return the start of a text in the users' documents, as revision 0017 indexes it."""
    start: ColumnElement[str] = literal_column(f"substr(comparable {path}, 1, {LONGEST_BEGINNING})")
    return type_coerce(in_code_points(start), String)


FIRST_EMAIL = _document("-> 'emails' -> 0 ->> 'value'")
"""The primary e-mail, or else the first: documents list it first. Its index leaves out those that
equal the userName, as most do."""

NAMES = (
    _Name(USERS.c.user_name_key),
    _Name(USERS.c.external_id),
    _Name(FIRST_EMAIL, USERS.c.user_name_key != FIRST_EMAIL),
    _Name(_document("->> 'display_name'")),
    _Name(_document("-> 'name' ->> 'family_name'")),
)


def _branch(
    connection_id: str, name: _Name, beginning: str, after: NamePlace, most: int
) -> Select[Any]:
    """Return the statement that reads the names with a beginning from one index."""
    conditions = [USERS.c.connection_id == connection_id, name.sql >= max(beginning, after.key)]
    if (end := end_of(beginning)) is not None:
        conditions.append(name.sql < end)
    if name.has is not None:
        conditions.append(name.has)
    names = (it.sql.label(f"name_{number}") for number, it in enumerate(NAMES))
    return (
        select(name.sql.label("key"), USERS.c.id, *names)
        .where(*conditions, or_(name.sql > after.key, USERS.c.id > after.identity))
        .order_by(name.sql, USERS.c.id)
        .limit(most)
    )
