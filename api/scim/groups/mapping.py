"""How does a group become a row, and a row a group? The row holds all of it but the members."""

from collections.abc import Iterable
from typing import Any

from api.scim.members.sent import as_sent, model_of
from api.scim.members.stored import Member, Row
from api.scim.protocol.meta import meta_of
from api.scim.protocol.resources import Group
from api.scim.search.stored_documents import document_columns, document_of, indexable
from contracts.names import name_key


def group_columns(group: Group) -> dict[str, Any]:
    """Return the columns that store a group without its members.

    :raises InvalidValueException: when one of its names cannot be indexed.
    """
    name = indexable("displayName", group.display_name)
    if group.external_id:
        indexable("externalId", group.external_id)
    names = {"display_name": name, "display_name_key": name_key(name)}
    return document_columns(Group, document_of(group)) | names


def group_of(row: Row, members: Iterable[Member] = ()) -> Group:
    """Return the group of a row, with its members."""
    group = Group.model_validate(row["resource"])
    group.id = row["id"]
    group.meta = meta_of("Group", row["created_at"], row["modified_at"], row["revision"])
    group.members = [model_of(as_sent(member)) for member in members] or None
    return group
