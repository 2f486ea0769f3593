"""How is a page found? A filter and an order in SQL, over one resource type or several. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import SearchRequest
from sqlalchemy import (
    CompoundSelect,
    Select,
    String,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.sql.selectable import Subquery

from api.directory.database import LARGEST_INTEGER, in_code_points
from api.scim.attributes_in_sql import Attributes, Instant, Value
from api.scim.filters import condition_of


@dataclass(frozen=True, slots=True)
class Search:
    """The resources that match, as a table of type, id and what orders them."""

    found: Subquery
    request: SearchRequest[Any]

    def total(self) -> Select[int]:
        """Return the statement that counts them."""
        return select(func.count()).select_from(self.found)

    def page(self) -> Select[str, str]:
        """Return the statement that gives type and id of each resource of the page, in order.

        What has no value comes last in ascending and first in descending order (RFC 7644 section
        3.4.2.3). Equal ones are in the order of their creation, so that pages are stable.
        """
        found = self.found.c
        statement = select(found.type, found.id).order_by(
            *self._order(), found.created_at, found.id
        )
        start = min(self.request.start_index_0 or 0, LARGEST_INTEGER)
        return statement.offset(start).limit(self.request.count)

    def _order(self) -> list[Any]:
        if self.request.sort_by is None:
            return []
        if self.request.sort_order == SearchRequest.SortOrder.descending:
            return [self.found.c.sort_value.desc().nulls_first()]
        return [self.found.c.sort_value.asc().nulls_last()]


def search_for(
    connection_id: str, request: SearchRequest[Any], types: Sequence[Attributes]
) -> Search:
    """Translate a search of a connection's resources of the given types."""
    found = [_matching(connection_id, request, attributes) for attributes in types]
    statement: Select[Any] | CompoundSelect[Any] = (
        found[0] if len(found) == 1 else union_all(*found)
    )
    return Search(statement.subquery("found"), request)


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
    return value.sql if isinstance(value, Instant) else in_code_points(cast(value.sql, String))
