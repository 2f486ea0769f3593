"""Where do attributes lie in the tables? Filters and sorting get an SQL expression for each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from scim2_models import Extension, Resource
from scim2_models.path import AttributeBinding
from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    inspect,
    literal,
    select,
    true,
)

from api.directory.dialects import entries_of, text_at
from api.directory.tables import GroupRow, Membership, UserRow
from api.scim.protocol.meta import TAG_END, TAG_START
from api.scim.protocol.references import location_of, reference_to
from api.scim.protocol.resources import Group, ScimUser
from api.scim.search.comparison_form import RELATIVE_MARK, refers_to_resource

USERS: FromClause = inspect(UserRow).local_table
GROUPS: FromClause = inspect(GroupRow).local_table
MEMBERSHIPS: FromClause = inspect(Membership).local_table

NAME_COLUMNS = {"user_name", "display_name"}
"""The attributes with columns of their own that hold names."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in comparison form, NULL where the attribute has no value.

    ``is_name`` tells whether the text is a name, around which blanks count for nothing.
    """

    sql: ColumnElement[Any]
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Instant:
    """A time in microseconds since the epoch; every row has one."""

    sql: ColumnElement[Any]


Value = Text | Instant


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries of a multi-valued attribute, as a table to select from.

    ``rows`` has a row for each entry, ``of_this_row`` restricts it to the entries of one row of
    ``outer``, the table of resources, and ``text_of`` returns a sub-attribute of an entry.
    """

    outer: FromClause
    rows: FromClause
    of_this_row: ColumnElement[bool]
    text_of: Callable[[AttributeBinding], ColumnElement[Any]]

    def any(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        """Return the condition that at least one entry satisfies the given condition."""
        entries = select(literal(1)).select_from(self.rows).where(self.of_this_row, condition)
        return exists(entries.correlate(self.outer))


@dataclass(frozen=True, slots=True)
class Attributes:
    """The attributes of one resource type.

    ``columns`` holds those with a column of their own, ``derived`` those that are rendered from
    memberships; the other attributes lie in the comparison form. ``base_url`` is the start of
    locations and references, as the client sees them.
    """

    model: type[Resource[Any]]
    name: str
    table: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    derived: Mapping[str, Callable[[str], Entries]]
    base_url: str = ""

    def below(self, base_url: str) -> "Attributes":
        """Return the attributes of resources that are served below a base URL."""
        return replace(self, base_url=base_url)

    def value(self, binding: AttributeBinding) -> Value:
        """Return the value of a single-valued attribute, or of its sub-attribute."""
        if binding.field_name == "meta":
            return self._meta(binding)
        if binding.model is self.model and binding.field_name in self.columns:
            return Text(self.columns[binding.field_name], binding.field_name in NAME_COLUMNS)
        sub_attribute = [binding.sub_field_name] if binding.sub_field_name else []
        text = text_at(self.table.c.comparable, *_path(binding), *sub_attribute)
        return Text(self._absolute(text) if refers_to_resource(binding) else text)

    def entries(self, binding: AttributeBinding) -> Entries:
        """Return the entries of a multi-valued attribute."""
        if binding.field_name in self.derived:
            return self.derived[binding.field_name](self.base_url)
        rows = entries_of(self.table.c.comparable, *_path(binding))
        return Entries(
            outer=self.table,
            rows=rows,
            of_this_row=true(),
            text_of=lambda inner: text_at(rows.c.value, inner.sub_field_name or "value"),
        )

    def first_entry(self, binding: AttributeBinding) -> Text:
        """Return the value of the primary entry, or else of the first, by which resources sort."""
        if binding.field_name in self.derived:
            entries = self.derived[binding.field_name](self.base_url)
            first = select(entries.text_of(binding)).select_from(entries.rows)
            first = first.where(entries.of_this_row).order_by(entries.rows.c.member_id).limit(1)
            return Text(first.correlate(self.table).scalar_subquery())
        value = binding.sub_field_name or "value"
        return Text(text_at(self.table.c.comparable, *_path(binding), 0, value))

    def is_assigned(self, binding: AttributeBinding) -> ColumnElement[bool]:
        """Return the condition that a complex or multi-valued attribute exists."""
        if binding.field_name == "meta":
            return true()
        if binding.field_name in self.derived:
            return self.derived[binding.field_name](self.base_url).any(true())
        return text_at(self.table.c.comparable, *_path(binding)).is_not(None)

    def _meta(self, binding: AttributeBinding) -> Value:
        match binding.sub_field_name:
            case "created":
                return Instant(self.table.c.created_at)
            case "last_modified":
                return Instant(self.table.c.modified_at)
            case "resource_type":
                return Text(literal(binding.comparable(self.name)))
            case "version":
                return Text(
                    literal(TAG_START) + cast(self.table.c.revision, String) + literal(TAG_END)
                )
            case _:
                start = binding.comparable(location_of(self.base_url, self.name, ""))
                return Text(literal(start) + self.table.c.id)

    def _absolute(self, reference: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a reference as clients see it: a relative one begins with the base URL."""
        relative = func.substr(reference, 1, len(RELATIVE_MARK)) == RELATIVE_MARK
        rest = func.substr(reference, len(RELATIVE_MARK) + 1)
        return case((relative, literal(f"{self.base_url}/") + rest), else_=reference)


def _path(binding: AttributeBinding) -> tuple[str, ...]:
    if issubclass(binding.model, Extension):
        return (binding.model.__name__, binding.field_name)
    return (binding.field_name,)


def members_in(rows: FromClause, base_url: str = "") -> Entries:
    """Return the members of a group as entries, from the table of memberships or an alias of it.

    :param base_url: the start of references; without it they stay relative, as stored.
    """
    start = f"{base_url}/" if base_url else ""
    users, groups = (start + reference_to(type_, "") for type_ in ("User", "Group"))
    is_user = rows.c.member_type == "User"
    texts = {
        "value": rows.c.member_id,
        "ref": case((is_user, users), else_=groups) + rows.c.member_id,
        "type": case((is_user, "user"), else_="group"),
        "display": rows.c.display_key,
    }
    return Entries(
        outer=GROUPS,
        rows=rows,
        of_this_row=and_(
            rows.c.connection_id == GROUPS.c.connection_id, rows.c.group_id == GROUPS.c.id
        ),
        text_of=lambda inner: texts[inner.sub_field_name or "value"],
    )


def _groups(base_url: str) -> Entries:
    """Return the groups that a user is in."""
    rows = (
        select(
            MEMBERSHIPS.c.connection_id,
            MEMBERSHIPS.c.member_id.label("user_id"),
            MEMBERSHIPS.c.group_id.label("member_id"),
            GROUPS.c.display_name_key,
        )
        .join(
            GROUPS,
            and_(
                GROUPS.c.connection_id == MEMBERSHIPS.c.connection_id,
                GROUPS.c.id == MEMBERSHIPS.c.group_id,
            ),
        )
        .subquery()
    )
    texts = {
        "value": rows.c.member_id,
        "ref": literal(location_of(base_url, "Group", "")) + rows.c.member_id,
        "type": literal("direct"),
        "display": rows.c.display_name_key,
    }
    return Entries(
        outer=USERS,
        rows=rows,
        of_this_row=and_(
            rows.c.connection_id == USERS.c.connection_id, rows.c.user_id == USERS.c.id
        ),
        text_of=lambda inner: texts[inner.sub_field_name or "value"],
    )


USER_ATTRIBUTES = Attributes(
    model=ScimUser,
    name="User",
    table=USERS,
    columns={
        "id": USERS.c.id,
        "external_id": USERS.c.external_id,
        "user_name": USERS.c.user_name_key,
    },
    derived={"groups": _groups},
)

GROUP_ATTRIBUTES = Attributes(
    model=Group,
    name="Group",
    table=GROUPS,
    columns={
        "id": GROUPS.c.id,
        "external_id": GROUPS.c.external_id,
        "display_name": GROUPS.c.display_name_key,
    },
    derived={"members": lambda base_url: members_in(MEMBERSHIPS.alias(), base_url)},
)

ATTRIBUTES = {attributes.name: attributes for attributes in (USER_ATTRIBUTES, GROUP_ATTRIBUTES)}
"""The attributes of each resource type, by its name."""
