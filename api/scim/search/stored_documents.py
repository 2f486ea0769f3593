"""How does a resource become a row, and a row a resource? Pure, both ways."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json
from scim2_models import (
    GroupMember,
    GroupMembership,
    InvalidValueException,
    Meta,
    PreconditionFailedException,
    Resource,
)
from sqlalchemy import RowMapping

from api.scim.protocol.limits import LONGEST_NAME
from api.scim.protocol.resources import Group, ScimUser
from api.scim.search.comparison_form import comparable_form
from api.scim.users.statements import StoredUser
from contracts.clock import instant_of
from contracts.names import name_key, trimmed

Row = RowMapping

DERIVED = {"id", "meta", "groups", "members"}
"""Attributes that are never part of a stored resource: they are columns, or memberships."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group: its id, ``User`` or ``Group``, and the label it was sent with."""

    id: str
    type: str
    display: str | None = None


# --- to rows --------------------------------------------------------------------------------


def user_columns(user: ScimUser) -> dict[str, Any]:
    """Return what is stored of a user, whose names were checked."""
    return _columns(ScimUser, user) | {"user_name_key": name_key(user.user_name or "")}


def group_columns(group: Group) -> dict[str, Any]:
    """Return what is stored of a group, its members aside."""
    name = _indexable("displayName", group.display_name)
    if group.external_id:
        _indexable("externalId", group.external_id)
    names = {"display_name": name, "display_name_key": name_key(name)}
    return _columns(Group, group) | names


def _columns(model: type[Resource[Any]], resource: Resource[Any]) -> dict[str, Any]:
    document = resource.model_dump(exclude=DERIVED)
    form = comparable_form(model, document)
    return {"resource": document, "comparable": form, "external_id": form.get("external_id")}


def _indexable(attribute: str, value: str | None) -> str:
    if not (value and trimmed(value)):
        raise InvalidValueException(detail=f"{attribute} must not be empty, or blank")
    if len(value) > LONGEST_NAME:
        raise InvalidValueException(detail=f"{attribute} is longer than {LONGEST_NAME} characters")
    return value


# --- from rows ------------------------------------------------------------------------------


def user_of(stored: StoredUser) -> ScimUser:
    """Return a stored user, with the groups it is in."""
    user = ScimUser.model_validate(from_json(stored.resource))
    user.id = stored.id
    user.meta = user_meta(stored)
    user.groups = [_membership(group) for group in stored.groups] or None
    return user


def user_meta(stored: StoredUser) -> Meta:
    """Return what is told about a stored user."""
    return _meta("User", stored.created_at, stored.modified_at, stored.revision)


def group_of(row: Row, members: Iterable[Member] = ()) -> Group:
    """Return the group of a row, with its members."""
    group = Group.model_validate(row["resource"])
    group.id = row["id"]
    group.meta = _meta("Group", row["created_at"], row["modified_at"], row["revision"])
    group.members = [_member(member) for member in members] or None
    return group


def entity_tag(revision: int) -> str:
    """Return the entity tag of a revision. Weak: ``groups`` is no part of it (RFC 7644 3.14)."""
    return f'W/"{revision}"'


def expect(version: str, expected: str | None) -> None:
    """Check that a resource has the version that it must have, if any.

    :raises PreconditionFailedException: when it has another one.
    """
    if expected not in {None, version}:
        raise PreconditionFailedException


def _meta(resource_type: str, created_at: int, modified_at: int, revision: int) -> Meta:
    return Meta(
        resource_type=resource_type,
        created=instant_of(created_at),
        last_modified=instant_of(modified_at),
        version=entity_tag(revision),
    )


def _membership(group: Mapping[str, str]) -> GroupMembership:
    id_ = group["value"]
    told = {"value": id_, "$ref": f"Groups/{id_}", "display": group["display"], "type": "direct"}
    return GroupMembership.model_validate(told)


def _member(member: Member) -> GroupMember:
    return GroupMember.model_validate(
        {
            "value": member.id,
            "$ref": f"{member.type}s/{member.id}",
            "type": member.type,
            "display": member.display,
        }
    )
