"""How is a bulk request run? Turn by turn; what one turn cannot do concerns no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from scim2_models import BulkOperation, ConflictException, Resource, ResourceType
from scim2_server.bulk import BulkPlan, BulkStep
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest

from api.retries import despite_conflicts
from api.scim.bulk_turns import first_state, is_circle, turns
from api.scim.errors import DirectoryAway, as_scim
from api.scim.service import MusterService

AnyResource = Resource[Any]


async def run_bulk(handler: AsyncScimHandler, request: ScimRequest, plan: BulkPlan) -> None:
    """Run the operations of a plan, and record in it how each of them went.

    While the database is away, the rest is not tried: as if the client accepted no more errors.
    """
    for steps in turns(plan):
        turn = _Turn(handler, request, plan, steps)
        error = await (turn.run_circle() if is_circle(plan, steps) else turn.run_one())
        if isinstance(error, DirectoryAway):
            return


@dataclass(slots=True)
class _Turn:
    """What runs in one transaction: an operation, or creations that name each other."""

    handler: AsyncScimHandler
    request: ScimRequest
    plan: BulkPlan
    steps: Sequence[BulkStep]

    @property
    def service(self) -> MusterService:
        return cast("MusterService", self.handler.service)

    async def run_one(self) -> Exception | None:
        """Run the only operation; return the error, if there was one."""
        (step,) = self.steps
        outcome = self.service.bulk_outcome(self.request.base_url, self.plan.operation(step))
        try:
            resource = await self._applied(step, outcome)
        except Exception as error:  # noqa: BLE001 - becomes the answer of this operation
            return self._fail(step, as_scim(error), outcome)
        self._succeed(step, resource, outcome)
        return None

    async def run_circle(self) -> Exception | None:
        """Create what names each other, all or nothing; return the error, if there was one."""
        at = [self.steps[0]]
        try:
            created = await despite_conflicts(self._create_together, at)
        except Exception as raised:  # noqa: BLE001 - becomes the answer of these operations
            error = as_scim(raised)
            for step in self.steps:
                self.plan.created.pop(_bulk_id(self.plan, step), None)
                self._fail(step, error if step is at[-1] else _broken(self.plan, at[-1]))
            return error
        for step, resource in zip(self.steps, created, strict=True):
            self._succeed(step, resource)
        return None

    async def _applied(self, step: BulkStep, outcome: dict[str, Any]) -> AnyResource | None:
        resource_type = self.service.route_bulk_operation(self.plan.operation(step))
        operation = self.plan.resolve(step)
        self.service.locate_bulk_operation(self.request.base_url, resource_type, operation, outcome)
        resource_type = self.service.check_bulk_operation(resource_type, operation)
        return await despite_conflicts(self._apply, resource_type, operation)

    async def _apply(
        self, resource_type: ResourceType, operation: BulkOperation[AnyResource]
    ) -> AnyResource | None:
        async with self.handler.storage.operation():
            return await self.handler.apply_bulk_operation(resource_type, operation)

    async def _create_together(self, at: list[BulkStep]) -> list[AnyResource]:
        """Create each resource, then tell each again what was not there when it was created."""
        plan, storage = self.plan, self.handler.storage
        for step in self.steps:  # a try before this one was rolled back
            plan.created.pop(_bulk_id(plan, step), None)
        created: list[AnyResource] = []
        async with storage.operation():
            for step in self.steps:
                at.append(step)
                operation = plan.operation(step)
                routed = self.service.route_bulk_operation(operation)
                resource_type = self.service.check_bulk_operation(routed, operation)
                resource = await storage.create(resource_type, first_state(plan, operation))
                plan.created[_bulk_id(plan, step)] = resource
            for step in self.steps:
                at.append(step)
                created.append(await self._complete(step))
        return created

    async def _complete(self, step: BulkStep) -> AnyResource:
        resource = self.plan.created[_bulk_id(self.plan, step)]
        complete = cast("AnyResource", self.plan.resolve(step).data).model_copy(
            update={"id": resource.id, "meta": resource.meta}
        )
        resource_type = self.service.get_resource_type_of(resource)
        stored: AnyResource = await self.handler.storage.update(resource_type, complete)
        return stored

    def _succeed(
        self, step: BulkStep, resource: AnyResource | None, outcome: dict[str, Any] | None = None
    ) -> None:
        operation, base_url = self.plan.operation(step), self.request.base_url
        outcome = outcome or self.service.bulk_outcome(base_url, operation)
        result = self.service.bulk_success(base_url, operation, outcome, resource)
        self.plan.record(step, result, resource)

    def _fail(
        self, step: BulkStep, error: Exception, outcome: dict[str, Any] | None = None
    ) -> Exception:
        operation = self.plan.operation(step)
        outcome = outcome or self.service.bulk_outcome(self.request.base_url, operation)
        self.plan.record(step, self.service.bulk_failure(outcome, error), None)
        return error


def _bulk_id(plan: BulkPlan, step: BulkStep) -> str:
    return plan.operation(step).bulk_id or ""


def _broken(plan: BulkPlan, step: BulkStep) -> ConflictException:
    return ConflictException(
        detail=f"It is in a circle with the bulkId {_bulk_id(plan, step)}, which failed"
    )
