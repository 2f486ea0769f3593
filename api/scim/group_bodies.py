"""What does a request want of a group? Its body, with the members apart from everything else.

The members are taken out before the library reads a body, because it makes a model of each. Where
one of them is not in order they are left in, and the library says what is wrong.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from pydantic_core import to_json
from scim2_models import Resource, ResourceType

from api.scim.limits import check_operations
from api.scim.membership_steps import MEMBERS, Step, plain_step, steps_of
from api.scim.resources import Group
from api.scim.sent_members import SentMember, read_members, sent_of
from api.scim.service import MusterService
from api.scim.tolerances import operations_of

ResultT = TypeVar("ResultT")

LARGE_BODY = 64 * 1024
"""Bytes; reading one takes a millisecond, about as much as everything else that a request does."""


class PushedGroup(NamedTuple):
    """A group as it was sent: without members, and its members."""

    group: Group
    members: Sequence[SentMember]


Read = Callable[[ResourceType, bytes, str | None], Resource[Any]]
"""Reads the body of a creation or of a replacement."""


async def apart(body: bytes, work: Callable[[], ResultT]) -> ResultT:
    """Do what takes as long as the body is large; in a thread, so that others are answered too.

    Threads take turns every few milliseconds. Only decoding is one turn, whatever its length: a
    tenth of a second for 100,000 members.
    """
    return work() if len(body) < LARGE_BODY else await asyncio.to_thread(work)


def read_group(
    service: MusterService, read: Read, resource_type: ResourceType, body: bytes, media: str | None
) -> PushedGroup:
    """Read the body of a POST or PUT.

    :raises SCIMException: when the library finds something wrong with it.
    """
    decoded = service.decode_body(body, media)
    names = (
        [name for name in decoded if name.lower() == MEMBERS] if isinstance(decoded, dict) else []
    )
    members = read_members(decoded.pop(names[0])) if len(names) == 1 else None
    if members is not None:
        return PushedGroup(cast("Group", read(resource_type, to_json(decoded), media)), members)
    group = cast("Group", read(resource_type, body, media))
    return without_members(group)


def without_members(group: Group) -> PushedGroup:
    """Take the members out of a group that was read with them."""
    members = sent_of(group.members)
    group.members = None
    return PushedGroup(group, members)


def read_steps(
    service: MusterService, resource_type: ResourceType, body: bytes, media: str | None
) -> list[Step]:
    """Read the body of a PATCH.

    :raises SCIMException: when the library finds something wrong with it.
    """
    decoded = service.decode_body(body, media)
    operations = operations_of(decoded)
    if not operations:
        patch = service.read_patch(resource_type, body, media)
        return [step for operation in patch.operations or () for step in steps_of(operation)]
    check_operations(operations)
    envelope = {name: value for name, value in decoded.items() if name.lower() != "operations"}
    service.read_patch(resource_type, to_json(envelope | {"Operations": []}), media)
    steps: list[Step] = []
    for operation in operations:
        if plain := plain_step(operation):
            steps.append(plain)
            continue
        alone = to_json(envelope | {"Operations": [operation]})
        patch = service.read_patch(resource_type, alone, media)
        for read in patch.operations or ():
            steps += steps_of(read)
    return steps
