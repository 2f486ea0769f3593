"""In which steps is an operation served? The library's, where our storage needs no other."""

from typing import Any, cast

from scim2_models import PatchOp, Resource, ResourceType, SearchRequest
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from api.scim.group_bodies import pushed_group, pushed_patch
from api.scim.group_requests import GroupRequests
from api.scim.member_lists import show_members
from api.scim.membership_steps import steps_of
from api.scim.plain_requests import name_looked_up
from api.scim.resources import Group
from api.scim.run_bulk import run_bulk
from api.scim.service import MusterService
from api.scim.shared_users import SharedUsers
from api.scim.storage import DirectoryStorage
from api.scim.user_requests import UserRequests


class DirectoryHandler(AsyncScimHandler):
    """Serves the requests of one connection; in steps of our own where cost matters."""

    service: MusterService
    storage: DirectoryStorage

    def __init__(
        self, service: MusterService, storage: DirectoryStorage, users: SharedUsers
    ) -> None:
        super().__init__(service, storage)
        self.users = UserRequests(service, storage, users)
        self.groups = GroupRequests(service, storage)

    # --- resources ----------------------------------------------------------------------------

    async def create(self, request: ScimRequest) -> ScimResponse:
        """Create a resource, and answer with the attributes asked for (RFC 7644 section 3.9)."""
        with self.service.provider:
            resource_type, _ = self._target(request, Operation.create)
            return await self._requests_for(resource_type).create(request, resource_type)

    async def query(self, request: ScimRequest) -> ScimResponse:
        with self.service.provider:
            resource_type, id_ = self._target(request, Operation.query)
            return await self._requests_for(resource_type).query(request, resource_type, id_)

    async def replace(self, request: ScimRequest) -> ScimResponse:
        with self.service.provider:
            resource_type, id_ = self._target(request, Operation.replace)
            return await self._requests_for(resource_type).replace(request, resource_type, id_)

    async def patch(self, request: ScimRequest) -> ScimResponse:
        with self.service.provider:
            resource_type, id_ = self._target(request, Operation.patch)
            return await self._requests_for(resource_type).patch(request, resource_type, id_)

    async def replace_resource(
        self,
        resource_type: ResourceType,
        current: Resource[Any],
        replacement: Resource[Any],
        conditions: Conditions,
    ) -> Resource[Any]:
        if not isinstance(replacement, Group):
            return await super().replace_resource(resource_type, current, replacement, conditions)
        pushed = pushed_group(replacement)
        return await self.groups.replace_group(current.id or "", pushed, conditions)

    async def patch_resource(
        self,
        resource_type: ResourceType,
        resource_id: str,
        patch_op: "PatchOp[Any]",
        conditions: Conditions,
    ) -> Resource[Any]:
        if not is_group(resource_type):
            return await super().patch_resource(resource_type, resource_id, patch_op, conditions)
        steps = [step for operation in patch_op.operations or () for step in steps_of(operation)]
        return await self.groups.patch_group(resource_id, pushed_patch(steps), conditions)

    async def delete_resource(
        self, resource_type: ResourceType, resource_id: str, conditions: Conditions
    ) -> None:
        """Delete a resource, with locks on what it leaves taken first."""
        await self.storage.lock_for_deletion(resource_type, resource_id)
        await super().delete_resource(resource_type, resource_id, conditions)

    async def bulk(self, request: ScimRequest) -> ScimResponse:
        """Run a bulk request (RFC 7644 section 3.7)."""
        with self.service.provider:
            self.service.route(request, Operation.bulk)
            plan = self.service.read_bulk(request.body, request.header("Content-Type"))
            await run_bulk(self, request, plan)
            return self.service.bulk_response(plan)

    def _requests_for(self, resource_type: ResourceType) -> UserRequests | GroupRequests:
        return self.groups if is_group(resource_type) else self.users

    def _target(self, request: ScimRequest, operation: Operation) -> tuple[ResourceType, str]:
        target = self.service.route(request, operation)
        resource_type = self.service.resource_type_at(cast("str", target.endpoint))
        return resource_type, target.resource_id or ""

    # --- searches -----------------------------------------------------------------------------

    async def search(self, request: ScimRequest) -> ScimResponse:
        """Search with GET; groups are shown with their members."""
        with self.service.provider:
            target = self.service.route(request, Operation.search)
            types = self.service.searched_types(target.endpoint)
            name = name_looked_up(request.query)
            if name is not None and not any(map(is_group, types)):
                return await self.users.look_up(request, name)
            wanted, position = self.service.read_search_query(types, request.query)
            return await self._found(request, types, wanted, position)

    async def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search with POST."""
        with self.service.provider:
            target = self.service.route(request, Operation.search_with_body)
            types = self.service.searched_types(target.endpoint)
            wanted, position = self.service.read_search_body(
                types, request.body, request.header("Content-Type")
            )
            return await self._found(request, types, wanted, position)

    async def _found(
        self,
        request: ScimRequest,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        position: Any,
    ) -> ScimResponse:
        if not any(map(is_group, types)):
            return await self.users.search(request, types, wanted, position)
        async with self.storage.transaction() as tx:
            page = await self.storage.search(types, wanted, position=position)
            answer = self.service.search_response(request.base_url, types, page, wanted)
            return await show_members(tx, answer, wanted, request.base_url)


def is_group(resource_type: ResourceType) -> bool:
    """Say whether a resource type is that of groups."""
    return resource_type.name == "Group"
