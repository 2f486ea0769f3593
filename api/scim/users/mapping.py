"""How does a user become a row, and a row a user? A user is stored as JSON, without its groups."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json
from scim2_models import GroupMembership, Meta

from api.scim.protocol.meta import meta_of
from api.scim.protocol.references import reference_to
from api.scim.protocol.resources import ScimUser
from api.scim.search.stored_documents import document_columns
from api.scim.users.statements import StoredUser
from contracts.names import name_key


def user_columns(user: ScimUser) -> dict[str, Any]:
    """Return what is stored of a user, whose names were checked."""
    return document_columns(ScimUser, user) | {"user_name_key": name_key(user.user_name or "")}


def user_of(stored: StoredUser) -> ScimUser:
    """Return a stored user, with the groups it is in."""
    user = ScimUser.model_validate(from_json(stored.resource))
    user.id = stored.id
    user.meta = user_meta(stored)
    user.groups = [_membership(group) for group in stored.groups] or None
    return user


def user_meta(stored: StoredUser) -> Meta:
    """Return what is told about a stored user."""
    return meta_of("User", stored.created_at, stored.modified_at, stored.revision)


def group_entry(group: Mapping[str, str], reference: str) -> dict[str, str]:
    """Return the entry of ``groups`` that a group is to a user in it."""
    return {
        "value": group["value"],
        "$ref": reference,
        "display": group["display"],
        "type": "direct",
    }


def _membership(group: Mapping[str, str]) -> GroupMembership:
    entry = group_entry(group, reference_to("Group", group["value"]))
    return GroupMembership.model_validate(entry)
