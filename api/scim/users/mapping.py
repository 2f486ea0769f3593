"""How does a user become a row, and a row a user? The row holds JSON without the groups."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json
from scim2_models import GroupMembership, Meta

from api.scim.protocol.meta import meta_of
from api.scim.protocol.references import reference_to
from api.scim.protocol.resources import ScimUser
from api.scim.search.comparison_form import Document
from api.scim.search.stored_documents import document_columns
from api.scim.users.statements import StoredUser
from contracts.names import name_key

ATTRIBUTE_NAMES = tuple(
    described.serialization_alias or name for name, described in ScimUser.model_fields.items()
)
"""The attributes of a user in the order of canonical JSON."""


def user_columns(user: Document) -> dict[str, Any]:
    """Return the columns that store the canonical JSON of a user, whose names have been checked."""
    return document_columns(ScimUser, user) | {"user_name_key": name_key(user["userName"])}


def user_of(stored: StoredUser) -> ScimUser:
    """Return the model of a stored user, with the groups that it is in."""
    user = ScimUser.model_validate(from_json(stored.resource))
    user.id = stored.id
    user.meta = user_meta(stored)
    user.groups = [_membership(group) for group in stored.groups] or None
    return user


def user_meta(stored: StoredUser) -> Meta:
    """Return the ``meta`` attribute of a stored user (RFC 7643 section 3.1)."""
    return meta_of("User", stored.created_at, stored.modified_at, stored.revision)


def group_entry(group: Mapping[str, str], reference: str) -> dict[str, str]:
    """Return the entry for a group in the ``groups`` attribute of its member."""
    return {
        "value": group["value"],
        "$ref": reference,
        "display": group["display"],
        "type": "direct",
    }


def _membership(group: Mapping[str, str]) -> GroupMembership:
    entry = group_entry(group, reference_to("Group", group["value"]))
    return GroupMembership.model_validate(entry)
