"""In which steps is an operation served? The library's, where our storage needs no other."""

from typing import Any, cast

from scim2_models import Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from api.scim.run_bulk import run_bulk
from api.scim.service import MusterService
from api.scim.storage import DirectoryStorage


class DirectoryHandler(AsyncScimHandler):
    """Serves the requests of one connection."""

    service: MusterService
    storage: DirectoryStorage

    def __init__(self, service: MusterService, storage: DirectoryStorage) -> None:
        super().__init__(service, storage)

    async def create(self, request: ScimRequest) -> ScimResponse:
        """Create a resource, and answer with the attributes asked for (RFC 7644 section 3.9)."""
        with self.service.provider:
            target = self.service.route(request, Operation.create)
            resource_type = self.service.resource_type_at(cast("str", target.endpoint))
            parameters = self.service.read_response_parameters(resource_type, request.query)
            resource = self.service.read_creation(
                resource_type, request.body, request.header("Content-Type")
            )
            async with self.storage.operation():
                created: Resource[Any] = await self.storage.create(resource_type, resource)
            return self.service.creation_response_with(request.base_url, created, parameters)

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
