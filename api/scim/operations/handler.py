"""In which steps is an operation served? Resources take our own steps, discovery the library's."""

from functools import cached_property
from typing import cast

from scim2_models import ResourceType
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from api.scim.groups.requests import GroupRequests
from api.scim.groups.writes import GroupWrites
from api.scim.operations.bulk import BulkRun
from api.scim.operations.bulk_cycles import BulkCycles
from api.scim.operations.bulk_operations import BulkOperations
from api.scim.operations.searches import SearchRequests
from api.scim.operations.storage import DirectoryStorage
from api.scim.protocol.fast_paths import user_looked_up
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.users.batching import BatchedUsers
from api.scim.users.requests import UserRequests


class DirectoryHandler(AsyncScimHandler):
    """Serves the requests of one connection, in steps of our own in place of the library's."""

    service: TolerantScimService

    def __init__(
        self, service: TolerantScimService, transactions: Transactions, users: BatchedUsers
    ) -> None:
        # The library needs a storage, which no step of this handler uses.
        super().__init__(service, DirectoryStorage(transactions))
        self._transactions = transactions
        self._memory = users.memory
        self.users = UserRequests(service, transactions, users)

    # Most requests are for users: the parts for others are made when they are asked for.

    @cached_property
    def groups(self) -> GroupRequests:
        """Serve the requests for groups."""
        return GroupRequests(self.service, self._transactions, self._group_writes)

    @cached_property
    def searches(self) -> SearchRequests:
        """Serve searches."""
        return SearchRequests(self.service, self._transactions, self.users)

    @cached_property
    def operations(self) -> BulkOperations:
        """Apply the operations of bulk requests."""
        return BulkOperations(self.service, self._transactions, self.users, self._group_writes)

    @cached_property
    def _group_writes(self) -> GroupWrites:
        return GroupWrites(self.service, self._transactions, memory=self._memory)

    async def handle(self, request: ScimRequest) -> ScimResponse:
        """Serve a request by the method of its operation, which alone opens the provider."""
        operation = self.service.match(request).operation
        response: ScimResponse = await getattr(self, operation.value)(request)
        return response

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

    async def delete(self, request: ScimRequest) -> ScimResponse:
        """Delete a resource (RFC 7644 section 3.6)."""
        with self.service.provider:
            resource_type, id_ = self._target(request, Operation.delete)
            conditions = self.service.read_conditions(request)
            await self._requests_for(resource_type).delete(id_, conditions)
            return self.service.deletion_response()

    async def bulk(self, request: ScimRequest) -> ScimResponse:
        """Run a bulk request (RFC 7644 section 3.7)."""
        with self.service.provider:
            self.service.route(request, Operation.bulk)
            cycles = BulkCycles(self.service, self._transactions)
            return await BulkRun(self.service, self.operations, cycles, request).respond()

    def _requests_for(self, resource_type: ResourceType) -> UserRequests | GroupRequests:
        return self.groups if resource_type.name == "Group" else self.users

    def _target(self, request: ScimRequest, operation: Operation) -> tuple[ResourceType, str]:
        target = self.service.route(request, operation)
        resource_type = self.service.resource_type_at(cast("str", target.endpoint))
        return resource_type, target.resource_id or ""

    # --- searches -----------------------------------------------------------------------------

    async def search(self, request: ScimRequest) -> ScimResponse:
        """Search with GET (RFC 7644 section 3.4.2); a plain look-up needs no model."""
        target = self.service.route(request, Operation.search)
        name = user_looked_up(target, request.query)
        if name is not None:
            return await self.users.look_up(request, name)
        with self.service.provider:
            types = self._searched(request, Operation.search)
            return await self.searches.by_query(request, types)

    async def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """Search with POST (RFC 7644 section 3.4.3)."""
        with self.service.provider:
            types = self._searched(request, Operation.search_with_body)
            return await self.searches.by_body(request, types)

    def _searched(self, request: ScimRequest, operation: Operation) -> list[ResourceType]:
        target = self.service.route(request, operation)
        return self.service.searched_types(target.endpoint)
