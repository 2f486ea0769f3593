"""Where does a page begin or end? The position that a cursor carries (RFC 9865). Pure.

A position is that of a resource in the order of the search, whether the resource is still there
or not: pages neither skip nor repeat anything while others are created and deleted.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from scim2_models import InvalidCursorException


class Direction(StrEnum):
    """Which way the page lies from its position."""

    AFTER = "after"
    BEFORE = "before"

    @property
    def opposite(self) -> "Direction":
        """Return the other way."""
        return Direction.BEFORE if self is Direction.AFTER else Direction.AFTER


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource is in the order: by its sort value, then by its creation."""

    sort_value: str | int | None
    created_at: int
    id: str


@dataclass(frozen=True, slots=True)
class Position:
    """A page that lies after or before a place."""

    direction: Direction
    place: Place

    def as_json(self) -> list[Any]:
        """Return what a cursor keeps."""
        return [self.direction, *astuple(self.place)]


def position_of(kept: Any) -> Position:
    """Return the position that a cursor kept.

    :raises InvalidCursorException: when it is none, as after a change of version.
    """
    match kept:
        case [
            "after" | "before" as way,
            str() | int() | None as sort_value,
            int() as created_at,
            str() as id_,
        ]:
            return Position(Direction(way), Place(sort_value, created_at, id_))
        case _:
            raise InvalidCursorException
