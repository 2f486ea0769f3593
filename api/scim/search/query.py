"""How is a page found? A statement filters and orders one resource type or several. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import SearchRequest
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.sql.selectable import Subquery

from api.directory.dialects import LARGEST_INTEGER, in_code_points
from api.directory.user_ranges import total_statement
from api.scim.search.attributes import Attributes, Instant, Value
from api.scim.search.cursors import Direction, SortKey
from api.scim.search.filters import condition_of

ORDERING_CHARACTERS = 500
"""Characters of a sort value by cursor, because the cursor has to fit into a URL."""


@dataclass(frozen=True, slots=True)
class Search:
    """The matching resources, as a table of types, ids and sort keys.

    Resources without a sort value come last in ascending and first in descending order (RFC 7644
    section 3.4.2.3). Equal ones are in the order of their creation, so that pages are stable.
    """

    found: Subquery
    request: SearchRequest[Any]
    counted: Select[int] | None = None
    """A quicker statement for the number of the matching resources."""

    def total(self) -> Select[int]:
        """Return the statement that counts the matching resources."""
        if self.counted is not None:
            return self.counted
        return select(func.count()).select_from(self.found)

    def page_by_index(self) -> Select[Any]:
        """Return the statement that selects the page by its index, in order."""
        start = min(self.request.start_index_0 or 0, LARGEST_INTEGER)
        return self._ordered(Direction.AFTER).offset(start).limit(self.request.count)

    def page_by_cursor(self, direction: Direction, sort_key: SortKey | None) -> Select[Any]:
        """Return the statement that selects the resources next to a sort key, the nearest first.

        The statement selects one resource more than the page holds, which shows that there is
        another page.
        """
        condition = true() if sort_key is None else self._beyond(direction, sort_key)
        most = None if self.request.count is None else self.request.count + 1
        return self._ordered(direction).where(condition).limit(most)

    def _ordered(self, direction: Direction) -> Select[Any]:
        found = self.found.c
        creation = [found.created_at, found.id]
        order = creation if direction is Direction.AFTER else [key.desc() for key in creation]
        if self.request.sort_by is not None:
            value = found.sort_value
            ascending = value.asc().nulls_last(), value.desc().nulls_first()
            order = [ascending[not self._ascends(direction)], *order]
        return select(found.type, found.id, found.sort_value, found.created_at).order_by(*order)

    def _beyond(self, direction: Direction, sort_key: SortKey) -> ColumnElement[bool]:
        """Return the condition that a resource lies beyond a sort key in a direction."""
        found = self.found.c
        keys, values = tuple_(found.created_at, found.id), (sort_key.created_at, sort_key.id)
        later = keys > values if direction is Direction.AFTER else keys < values
        if self.request.sort_by is None:
            return later
        value, ascends = found.sort_value, self._ascends(direction)
        if sort_key.sort_value is None:
            larger = false() if ascends else value.is_not(None)
            return or_(larger, and_(value.is_(None), later))
        further = (
            or_(value > sort_key.sort_value, value.is_(None))
            if ascends
            else and_(value.is_not(None), value < sort_key.sort_value)
        )
        return or_(further, and_(value == sort_key.sort_value, later))

    def _ascends(self, direction: Direction) -> bool:
        """Return whether sort values grow in a direction; a missing one counts as the largest."""
        descending = self.request.sort_order == SearchRequest.SortOrder.descending
        return (direction is Direction.AFTER) != descending


def search_for(
    connection_id: str, request: SearchRequest[Any], types: Sequence[Attributes]
) -> Search:
    """Return a search in SQL of a connection's resources of the given types."""
    found = [_matching(connection_id, request, attributes) for attributes in types]
    statement: Select[Any] | CompoundSelect[Any] = (
        found[0] if len(found) == 1 else union_all(*found)
    )
    all_users = request.filter is None and [it.name for it in types] == ["User"]
    counted = total_statement().params(connection=connection_id) if all_users else None
    return Search(statement.subquery("found"), request, counted)


def _matching(
    connection_id: str, request: SearchRequest[Any], attributes: Attributes
) -> Select[Any]:
    table = attributes.table
    statement = select(
        literal(attributes.name).label("type"),
        table.c.id.label("id"),
        table.c.created_at.label("created_at"),
        _sort_value(request, attributes).label("sort_value"),
    ).where(table.c.connection_id == connection_id)
    if request.filter is None:
        return statement
    return statement.where(condition_of(request.filter, attributes))


def _sort_value(request: SearchRequest[Any], attributes: Attributes) -> Any:
    binding = request.sort_binding(attributes.model)
    if binding is None:
        return null()
    value: Value = (
        attributes.first_entry(binding) if binding.is_multivalued else attributes.value(binding)
    )
    if isinstance(value, Instant):
        return value.sql
    text: ColumnElement[Any] = cast(value.sql, String)
    if request.cursor is not None:
        text = func.substr(text, 1, ORDERING_CHARACTERS)
    return in_code_points(text)
