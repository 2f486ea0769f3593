"""How is a page read? By index or by cursor, with what lies before and after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scim2_server.storage import SearchPage
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from api.scim.positions import Direction, Place, Position, position_of
from api.scim.search import Search

Found = tuple[str, str]
"""The type and the id of a resource."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a search found of a page, with the positions of its neighbours, where there are any."""

    total: int
    found: Sequence[Found]
    next: Position | None = None
    previous: Position | None = None

    def as_search_page(self, resources: Sequence[Any]) -> SearchPage:
        """Return what a storage answers with, given the resources that were found."""
        return SearchPage(
            self.total,
            list(resources),
            next=self.next and self.next.as_json(),
            previous=self.previous and self.previous.as_json(),
        )


async def find_page(db: AsyncConnection, search: Search, kept: Any) -> Page:
    """Find the page that a search asks for.

    :param kept: the position that the cursor held; None for the first page, and for an index.
    :raises InvalidCursorException: when it is none.
    """
    total = await db.scalar(search.total()) or 0
    if search.request.count == 0:
        return Page(total, [])
    if search.request.cursor is None:
        rows = (await db.execute(search.page_by_index())).mappings().all()
        return Page(total, _found(rows))
    return await _next_to(db, search, total, None if kept is None else position_of(kept))


async def _next_to(
    db: AsyncConnection, search: Search, total: int, position: Position | None
) -> Page:
    direction = position.direction if position else Direction.AFTER
    statement = search.page_by_place(direction, position.place if position else None)
    rows = list((await db.execute(statement)).mappings())
    count = search.request.count
    more = count is not None and len(rows) > count
    rows = rows[:count]
    if not rows:
        return Page(total, [])
    ends = {direction: rows[-1] if more else None}
    behind = search.page_by_place(direction.opposite, _place(rows[0])).limit(1)
    came_from = position and (await db.execute(behind)).first()
    ends[direction.opposite] = rows[0] if came_from else None
    if direction is Direction.BEFORE:
        rows.reverse()
    return Page(
        total,
        _found(rows),
        next=_at(Direction.AFTER, ends[Direction.AFTER]),
        previous=_at(Direction.BEFORE, ends[Direction.BEFORE]),
    )


def _at(direction: Direction, row: RowMapping | None) -> Position | None:
    return None if row is None else Position(direction, _place(row))


def _place(row: RowMapping) -> Place:
    return Place(row["sort_value"], row["created_at"], row["id"])


def _found(rows: Sequence[RowMapping]) -> list[Found]:
    return [(row["type"], row["id"]) for row in rows]
