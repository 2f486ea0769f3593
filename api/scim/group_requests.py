"""In which steps is a request for one group served? Those of the library, with its members apart.

The library loads a resource whole, changes it in memory and stores it whole. Here the cost of a
request follows the members that it names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import (
    MutabilityException,
    PatchOp,
    PatchOperation,
    ResourceType,
    ResponseParameters,
)
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.scim.group_bodies import PushedGroup, Read, apart, read_group, read_steps
from api.scim.groups import change_group, create_group
from api.scim.locks import lock_group
from api.scim.member_lists import show_members
from api.scim.membership_plan import MemberChanges, concern_of, exactly, named_in, plan, types_in
from api.scim.membership_steps import Step
from api.scim.memberships import contradicts_types, members_concerned
from api.scim.resources import Group
from api.scim.rows import group_of
from api.scim.service import MusterService
from api.scim.storage import DirectoryStorage

Parameters = ResponseParameters[Any]
Answer = Callable[[str, Group, Parameters], ScimResponse]
"""Answers with a group, as the service does for each kind of request."""

NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class GroupRequests:
    """Serves the requests for groups of one connection."""

    service: MusterService
    storage: DirectoryStorage

    # --- requests -----------------------------------------------------------------------------

    async def create(self, request: ScimRequest, type_: ResourceType) -> ScimResponse:
        """Create a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        pushed, members = await self._read(request, type_, self.service.read_creation)
        async with self.storage.transaction() as tx:
            group = group_of(await create_group(tx, pushed.group, members))
            answer = self.service.creation_response_with(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def query(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Read a group; a 304 reads no member."""
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)
        async with self.storage.transaction() as tx:
            group = await self.storage.get(type_, id_)
            answer = self.service.query_response(request.base_url, group, parameters, conditions)
            return await show_members(tx, answer, parameters, request.base_url)

    async def replace(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Replace a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        pushed, members = await self._read(request, type_, self.service.read_replacement)
        async with self.storage.transaction() as tx:
            conditions = self.service.read_conditions(request)
            group = await self.replace_group(id_, pushed, members, conditions)
            answer = self.service.replacement_response(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def patch(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Modify a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        body, media = request.body, request.header("Content-Type")
        steps = await apart(body, lambda: read_steps(self.service, type_, body, media))
        async with self.storage.transaction() as tx:
            group = await self.patch_group(id_, steps, self.service.read_conditions(request))
            answer = self.service.patch_response(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def _read(
        self, request: ScimRequest, type_: ResourceType, read: Read
    ) -> tuple[PushedGroup, MemberChanges]:
        body, media = request.body, request.header("Content-Type")

        def work() -> tuple[PushedGroup, MemberChanges]:
            pushed = read_group(self.service, read, type_, body, media)
            return pushed, exactly(pushed.members)

        return await apart(body, work)

    # --- steps that a bulk request takes too --------------------------------------------------

    async def replace_group(
        self, id_: str, pushed: PushedGroup, members: MemberChanges, conditions: Conditions
    ) -> Group:
        """Replace a group that is there; return it without its members.

        :raises MutabilityException: when a member is said to be of another type than it is.
        """
        async with self.storage.transaction() as tx:
            row = await lock_group(tx, id_, members.stay.keys())
            replaced = self.service.apply_replacement(group_of(row), pushed.group, conditions)
            group = None if replaced is None else pushed.group
            if await contradicts_types(tx, id_, types_in(pushed.members)):
                raise MutabilityException(attribute="type", mutability="immutable")
            return group_of(await change_group(tx, row, group, members))

    async def patch_group(self, id_: str, steps: Sequence[Step], conditions: Conditions) -> Group:
        """Modify a group; return it without its members."""
        async with self.storage.transaction() as tx:
            row = await lock_group(tx, id_, named_in(steps))
            group = group_of(row)
            self.service.check_preconditions(group, "PATCH", conditions)
            stored = await members_concerned(tx, id_, concern_of(steps))
            planned = plan(steps, group, stored, self._apply)
            rewritten = group if planned.rewritten else None
            return group_of(await change_group(tx, row, rewritten, planned.members))

    def _apply(self, group: Group, operation: PatchOperation[Group]) -> bool:
        patch = PatchOp[Group](operations=[operation])
        return self.service.apply_patch(group, patch, NO_CONDITIONS) is not None
