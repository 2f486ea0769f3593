"""In which steps is a request for one group served? Those of the library, with its members apart.

The library loads a resource whole, changes it in memory and stores it whole. Here the cost of a
request follows the members that it names.
"""

from dataclasses import dataclass
from functools import partial

from scim2_models import (
    MutabilityException,
    PatchOp,
    PatchOperation,
    ResourceType,
)
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.scim.group_bodies import (
    LARGE_BODY,
    MANY_MEMBERS,
    PushedGroup,
    PushedPatch,
    Read,
    apart,
    read_group,
    read_patch,
)
from api.scim.groups import change_group, create_group
from api.scim.locks import lock_group
from api.scim.member_lists import show_members
from api.scim.membership_plan import concern_of, plan
from api.scim.memberships import contradicts_types, members_concerned
from api.scim.named_members import NamedChanges
from api.scim.resources import Group
from api.scim.rows import group_of
from api.scim.service import MusterService
from api.scim.storage import DirectoryStorage

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
        pushed = await self._read(request, type_, self.service.read_creation)
        async with self.storage.transaction() as tx:
            group = group_of(await create_group(tx, pushed.group, pushed.members))
            answer = self.service.creation_response_with(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def query(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Read a group; a 304 reads no member.

        The members may be newer than the version that is shown, never older: whoever writes on the
        strength of that version is refused, and reads again.
        """
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)
        async with self.storage.transaction() as tx:
            group = await self.storage.get(type_, id_)
            answer = self.service.query_response(request.base_url, group, parameters, conditions)
            return await show_members(tx, answer, parameters, request.base_url)

    async def replace(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Replace a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        pushed = await self._read(request, type_, self.service.read_replacement)
        async with self.storage.transaction() as tx:
            group = await self.replace_group(id_, pushed, self.service.read_conditions(request))
            answer = self.service.replacement_response(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def patch(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Modify a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        body, media = request.body, request.header("Content-Type")
        read = partial(read_patch, self.service, type_, body, media)
        pushed = await apart(read, large=len(body) >= LARGE_BODY)
        async with self.storage.transaction() as tx:
            group = await self.patch_group(id_, pushed, self.service.read_conditions(request))
            answer = self.service.patch_response(request.base_url, group, parameters)
            return await show_members(tx, answer, parameters, request.base_url)

    async def _read(self, request: ScimRequest, type_: ResourceType, read: Read) -> PushedGroup:
        body, media = request.body, request.header("Content-Type")
        work = partial(read_group, self.service, read, type_, body, media)
        return await apart(work, large=len(body) >= LARGE_BODY)

    # --- steps that a bulk request takes too --------------------------------------------------

    async def replace_group(self, id_: str, pushed: PushedGroup, conditions: Conditions) -> Group:
        """Replace a group that is there; return it without its members.

        :raises MutabilityException: when a member is said to be of another type than it is.
        """
        async with self.storage.transaction() as tx:
            row = await lock_group(tx, id_, pushed.members.named)
            replaced = self.service.apply_replacement(group_of(row), pushed.group, conditions)
            group = None if replaced is None else pushed.group
            if await contradicts_types(tx, id_, pushed.types):
                raise MutabilityException(attribute="type", mutability="immutable")
            return group_of(await change_group(tx, row, group, pushed.members))

    async def patch_group(self, id_: str, pushed: PushedPatch, conditions: Conditions) -> Group:
        """Modify a group; return it without its members."""
        async with self.storage.transaction() as tx:
            row = await lock_group(tx, id_, pushed.named)
            group = group_of(row)
            self.service.check_preconditions(group, "PATCH", conditions)
            stored = await members_concerned(tx, id_, concern_of(pushed.steps))

            def work() -> tuple[NamedChanges, bool]:
                planned = plan(pushed.steps, group, stored, self._apply)
                return NamedChanges.of(planned.members), planned.rewritten

            large = pushed.named.staying + len(stored) >= MANY_MEMBERS
            members, rewritten = await apart(work, large=large)
            return group_of(await change_group(tx, row, group if rewritten else None, members))

    def _apply(self, group: Group, operation: PatchOperation[Group]) -> bool:
        patch = PatchOp[Group](operations=[operation])
        return self.service.apply_patch(group, patch, NO_CONDITIONS) is not None
