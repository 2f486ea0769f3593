"""Where does a page begin or end? The cursor that a cursor carries (RFC 9865). Pure.

A cursor is that of a resource in the order of the search, whether the resource is still there
or not: pages neither skip nor repeat anything while others are created and deleted.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from scim2_models import InvalidCursorException


class Direction(StrEnum):
    """Which way the page lies from its cursor."""

    AFTER = "after"
    BEFORE = "before"

    @property
    def opposite(self) -> "Direction":
        """Return the other way."""
        return Direction.BEFORE if self is Direction.AFTER else Direction.AFTER


@dataclass(frozen=True, slots=True)
class SortKey:
    """Where a resource is in the order: by its sort value, then by its creation."""

    sort_value: str | int | None
    created_at: int
    id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """A page that lies after or before a sort_key."""

    direction: Direction
    sort_key: SortKey

    def as_json(self) -> list[Any]:
        """Return what a cursor keeps."""
        return [self.direction, *astuple(self.sort_key)]


def cursor_of(kept: Any) -> Cursor:
    """Return the cursor that a cursor kept.

    :raises InvalidCursorException: when it is none, as after a change of version.
    """
    match kept:
        case [
            "after" | "before" as way,
            str() | int() | None as sort_value,
            int() as created_at,
            str() as id_,
        ]:
            return Cursor(Direction(way), SortKey(sort_value, created_at, id_))
        case _:
            raise InvalidCursorException
