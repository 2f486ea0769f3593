"""What would the library make of a PATCH of a group, given all of its members? The measure of ours.

It applies every operation to models in memory. What is stored of the entries that it ends with is
each member who exists, once, with the last label that it was sent with.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Group, GroupMember, PatchOp, SCIMException

from api.scim.members.stored import Member
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.tolerances import tolerate_patch
from tests.drivers.in_process import PATCH

PROVIDER = scim_provider(Limits())

Members = Mapping[str, Member]
Outcome = tuple[Members, str | None, str | None]
"""The members, the displayName, the externalId."""

NAME = "Weavers"


def body_of(operations: Any, ids: Mapping[str, str]) -> Any:
    """Return the body of a PATCH, with real ids in the place of names in braces."""
    text = json.dumps({"schemas": [PATCH], "Operations": operations})
    for name, id_ in ids.items():
        text = text.replace(f"{{{name}}}", id_)
    return json.loads(text)


def group_with(members: Iterable[Member], id_: str) -> Group:
    """Return a group with members, and an id of its own."""
    models = [
        GroupMember.model_validate(
            {
                "value": member.id,
                "$ref": f"{member.type}s/{member.id}",
                "type": member.type,
                "display": member.display,
            }
        )
        for member in members
    ]
    return Group(id=id_, display_name=NAME, members=models or None)


def in_memory(id_: str, stored: Members, body: Any, types: Mapping[str, str]) -> Outcome:
    """Apply a PATCH to a group as the library does.

    :param types: who exists, and as what.
    """
    group = group_with(stored.values(), id_)
    patch = PatchOp[Group].model_validate(
        tolerate_patch(body), scim_ctx=Context.RESOURCE_PATCH_REQUEST
    )
    patch.patch(group)
    return _known(group.members or (), types), group.display_name, group.external_id


def _known(members: Iterable[GroupMember], types: Mapping[str, str]) -> Members:
    labels: dict[str, str | None] = {}
    for member in members:
        if member.value:
            labels[member.value] = member.display or labels.get(member.value)
    return {id_: Member(id_, types[id_], labels[id_]) for id_ in labels if id_ in types}


def outcome(apply: Callable[[], Outcome]) -> Outcome | str:
    """Return what comes of a PATCH, or that it is refused."""
    with PROVIDER:
        try:
            return apply()
        except (SCIMException, ValidationError):
            return "refused"
