"""How is a page read? A search reads it by index or by cursor, with cursors to its neighbours."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scim2_server.storage import SearchPage
from sqlalchemy import CursorResult, RowMapping, Select

from api.scim.search.cursors import Cursor, Direction, SortKey, cursor_of
from api.scim.search.query import Search

Found = tuple[str, str]
"""The type and the id of a resource."""

RunStatement = Callable[[Select[Any]], Awaitable[CursorResult[Any]]]
"""The function that runs a statement and returns its result."""


@dataclass(frozen=True, slots=True)
class Page:
    """The resources of a page, with cursors to the next and the previous page, if any.

    ``total`` counts all resources that match. ``sort_keys`` are those of the found resources, if a
    cursor led to the page; ``direction`` is that of the cursor.
    """

    total: int
    found: Sequence[Found]
    next: Cursor | None = None
    previous: Cursor | None = None
    sort_keys: Sequence[SortKey] = ()
    direction: Direction = Direction.AFTER

    def cut(self, most: int) -> "Page":
        """Return the page cut to so many resources; the rest goes to the neighbouring page."""
        if most >= len(self.found):
            return self
        if self.direction is Direction.BEFORE:
            kept = self.sort_keys[-most:]
            start = Cursor(Direction.BEFORE, kept[0])
            return replace(self, found=self.found[-most:], sort_keys=kept, previous=start)
        end = Cursor(Direction.AFTER, self.sort_keys[most - 1]) if self.sort_keys else None
        return replace(self, found=self.found[:most], sort_keys=self.sort_keys[:most], next=end)

    def as_search_page(self, resources: Sequence[Any]) -> SearchPage:
        """Return the page in the form of the library's storage, given its resources."""
        return SearchPage(
            self.total,
            list(resources),
            next=self.next and self.next.as_json(),
            previous=self.previous and self.previous.as_json(),
        )


async def find_page(run: RunStatement, search: Search, content: Any) -> Page:
    """Find the page that a search asks for.

    :param content: the content of the request's cursor; None for the first page, or by index.
    :raises InvalidCursorException: when the content is that of no cursor.
    """
    total = (await run(search.total())).scalar_one()
    if search.request.count == 0:
        return Page(total, [])
    if search.request.cursor is None:
        rows = (await run(search.page_by_index())).mappings().all()
        return Page(total, _found(rows))
    return await _next_to(run, search, total, None if content is None else cursor_of(content))


async def _next_to(run: RunStatement, search: Search, total: int, cursor: Cursor | None) -> Page:
    direction = cursor.direction if cursor else Direction.AFTER
    statement = search.page_by_cursor(direction, cursor.sort_key if cursor else None)
    rows = list((await run(statement)).mappings())
    count = search.request.count
    more = count is not None and len(rows) > count
    rows = rows[:count]
    if not rows:
        return Page(total, [])
    ends = {direction: rows[-1] if more else None}
    behind = search.page_by_cursor(direction.opposite, _sort_key(rows[0])).limit(1)
    has_origin = cursor and (await run(behind)).first()
    ends[direction.opposite] = rows[0] if has_origin else None
    if direction is Direction.BEFORE:
        rows.reverse()
    return Page(
        total,
        _found(rows),
        next=_at(Direction.AFTER, ends[Direction.AFTER]),
        previous=_at(Direction.BEFORE, ends[Direction.BEFORE]),
        sort_keys=[_sort_key(row) for row in rows],
        direction=direction,
    )


def _at(direction: Direction, row: RowMapping | None) -> Cursor | None:
    return None if row is None else Cursor(direction, _sort_key(row))


def _sort_key(row: RowMapping) -> SortKey:
    return SortKey(row["sort_value"], row["created_at"], row["id"])


def _found(rows: Sequence[RowMapping]) -> list[Found]:
    return [(row["type"], row["id"]) for row in rows]
