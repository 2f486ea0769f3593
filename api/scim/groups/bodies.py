"""What does a request want of a group? Its body is read with the members apart from the rest.

The members are taken out before the library reads a body, because it makes a model of each. If an
entry is invalid they are left in, and the library words the error.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from pydantic_core import to_json
from scim2_models import InvalidValueException, Resource, ResourceType

from api.scim.members.parameter import MemberChange, MemberIds
from api.scim.members.plan import possible_new_ids, replace_all_with, sent_types
from api.scim.members.sent import SentMember, read_members, sent_of
from api.scim.members.steps import MEMBERS, Step, plain_step, steps_of
from api.scim.protocol.expression_bounds import check_operations
from api.scim.protocol.json_values import operations_of
from api.scim.protocol.resources import Group
from api.scim.protocol.service import TolerantScimService


class PushedGroup(NamedTuple):
    """A group as it was sent: its attributes, its members, and the types they were sent with."""

    group: Group
    members: MemberChange
    types: MemberIds


MOST_UNREAD = 1_000
"""Entries of an invalid list up to which the library words their errors, at a KB of memory each."""


class PushedPatch(NamedTuple):
    """A PATCH as it was sent: its steps, and the ids that they may add as members."""

    steps: Sequence[Step]
    possible_members: MemberIds


Read = Callable[[ResourceType, bytes, str | None], Resource[Any]]
"""Reads the body of a creation or of a replacement."""


def read_group(
    service: TolerantScimService,
    read: Read,
    resource_type: ResourceType,
    body: bytes,
    media: str | None,
) -> PushedGroup:
    """Read a group from the body of a POST or PUT, with its members apart.

    :raises SCIMException: when the body is invalid.
    """
    decoded = service.decode_body(body, media)
    names = (
        [name for name in decoded if name.lower() == MEMBERS] if isinstance(decoded, dict) else ()
    )
    sent = decoded.pop(names[0]) if len(names) == 1 else None
    members = read_members(sent) if len(names) == 1 else None
    if members is None:
        if isinstance(sent, list) and len(sent) > MOST_UNREAD:
            raise InvalidValueException(
                detail="members holds an entry that is neither an object of texts nor an id"
            )
        return pushed_group(cast("Group", read(resource_type, body, media)))
    return _pushed(cast("Group", read(resource_type, to_json(decoded), media)), members)


def pushed_group(group: Group) -> PushedGroup:
    """Take the members out of a group that the library has read with them."""
    members = sent_of(group.members)
    group.members = None
    return _pushed(group, members)


def _pushed(group: Group, members: Sequence[SentMember]) -> PushedGroup:
    change = MemberChange.of(replace_all_with(members))
    return PushedGroup(group, change, MemberIds.of_types(sent_types(members)))


def read_patch(
    service: TolerantScimService, resource_type: ResourceType, body: bytes, media: str | None
) -> PushedPatch:
    """Read the body of a PATCH.

    :raises SCIMException: when the body is invalid.
    """
    return pushed_patch(read_steps(service, resource_type, body, media))


def pushed_patch(steps: Sequence[Step]) -> PushedPatch:
    """Return steps together with the ids of members that they may add."""
    return PushedPatch(steps, MemberIds.of(possible_new_ids(steps)))


def read_steps(
    service: TolerantScimService, resource_type: ResourceType, body: bytes, media: str | None
) -> list[Step]:
    """Read the body of a PATCH as steps; the library reads the operations of unusual shapes.

    :raises SCIMException: when the body is invalid.
    """
    decoded = service.decode_body(body, media)
    operations = operations_of(decoded)
    if not operations:
        patch = service.read_decoded_patch(resource_type, decoded)
        return [step for operation in patch.operations or () for step in steps_of(operation)]
    check_operations(operations, service.limits)
    envelope = {name: value for name, value in decoded.items() if name.lower() != "operations"}
    service.read_decoded_patch(resource_type, envelope | {"Operations": []})
    steps: list[Step] = []
    for operation in operations:
        if plain := plain_step(operation):
            steps.append(plain)
            continue
        patch = service.read_decoded_patch(resource_type, envelope | {"Operations": [operation]})
        for read in patch.operations or ():
            steps += steps_of(read)
    return steps
