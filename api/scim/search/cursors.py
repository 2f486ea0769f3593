"""Where does a page begin or end? A cursor holds the sort key next to it (RFC 9865). Pure.

A sort key stays valid when its resource is deleted: pages neither skip nor repeat resources while
others are created and deleted.
"""

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any

from scim2_models import InvalidCursorException


class Direction(StrEnum):
    """The side of the sort key on which a page lies."""

    AFTER = "after"
    BEFORE = "before"

    @property
    def opposite(self) -> "Direction":
        """Return the other side."""
        return Direction.BEFORE if self is Direction.AFTER else Direction.AFTER


@dataclass(frozen=True, slots=True)
class SortKey:
    """The values by which resources are ordered: the sort value, then the creation.

    ``sort_value`` is None where the search has no order of its own or the resource no value;
    ``created_at`` is in microseconds since the epoch.
    """

    sort_value: str | int | None
    created_at: int
    id: str


@dataclass(frozen=True, slots=True)
class Cursor:
    """The page after or before a sort key."""

    direction: Direction
    sort_key: SortKey

    def as_json(self) -> list[Any]:
        """Return the content that the service seals into a cursor for the client."""
        return [self.direction, *astuple(self.sort_key)]


def cursor_of(content: Any) -> Cursor:
    """Return the cursor with the content that ``as_json`` returned.

    :raises InvalidCursorException: when the content has another form, as of another release.
    """
    match content:
        case [
            "after" | "before" as way,
            str() | int() | None as sort_value,
            int() as created_at,
            str() as id_,
        ]:
            return Cursor(Direction(way), SortKey(sort_value, created_at, id_))
        case _:
            raise InvalidCursorException
