"""How is a bulk request run? Each transaction succeeds or fails by itself, one after the other.

Like a request of its own, every operation waits for its share, looks the token up again in its
transaction, and lets other requests in before the next operation.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pydantic_core import to_json
from scim2_models import (
    BulkOperation,
    ConflictException,
    ResourceType,
    UnauthorizedException,
)
from scim2_server.bulk import BulkPlan, BulkStep
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.fairness.work import SMALL_WORK
from api.retries import despite_conflicts
from api.scim.errors import DirectoryAway, TooManyRequests, as_scim
from api.scim.operations.bulk_cycles import BulkCycles
from api.scim.operations.bulk_operations import BulkOperations
from api.scim.operations.bulk_transactions import Components, components_of, transactions_of
from api.scim.protocol.json_values import json_of, operations_of
from api.scim.protocol.limits import LARGEST_CYCLE, MOST_IN_CYCLE
from api.scim.protocol.resources import AnyResource
from api.scim.protocol.service import TolerantScimService

ResultT = TypeVar("ResultT")

ENDS_REQUEST = (DirectoryAway, TooManyRequests, UnauthorizedException)
"""Errors that the next operation would meet as well: the request ends with them, as if the client
accepted no further error (``failOnErrors``)."""


@dataclass(slots=True)
class BulkRun:
    """Runs one bulk request."""

    service: TolerantScimService
    operations: BulkOperations
    cycles: BulkCycles
    request: ScimRequest

    async def respond(self) -> ScimResponse:
        """Run the operations, and answer with the outcome of each."""
        size = len(self.request.body)
        plan, components, sizes = await self._work(self._read, size)
        for steps in transactions_of(plan, components):
            await asyncio.sleep(0)
            error = await self._run(plan, components, sizes, steps)
            if isinstance(error, ENDS_REQUEST):
                break
        return await self._work(partial(self.service.bulk_response, plan), size)

    def _read(self) -> tuple[BulkPlan, Components, Sequence[int]]:
        """Return the plan, its components, and the bytes of each operation."""
        body, media = self.request.body, self.request.header("Content-Type")
        plan = self.service.read_bulk(body, media)
        sizes = [len(to_json(operation)) for operation in operations_of(json_of(body))]
        return plan, components_of(plan), sizes

    async def _run(
        self,
        plan: BulkPlan,
        components: Components,
        sizes: Sequence[int],
        steps: Sequence[BulkStep],
    ) -> Exception | None:
        if not components.is_cycle(steps):
            (step,) = steps
            return await self._run_one(plan, step, sizes[step.index])
        if len(steps) > MOST_IN_CYCLE or sum(sizes[it.index] for it in steps) > LARGEST_CYCLE:
            return self._refuse(plan, steps)
        return await self._run_cycle(plan, steps)

    async def _run_one(self, plan: BulkPlan, step: BulkStep, size: int) -> Exception | None:
        """Run the only operation of a transaction; return its error, if there was one."""
        outcome = self.service.bulk_outcome(self.request.base_url, plan.operation(step))
        try:
            prepare = partial(self._prepare, plan, step, outcome)
            resource_type, operation = await self._work(prepare, size)
            apply = partial(self.operations.apply, resource_type, operation, size)
            resource = await despite_conflicts(apply)
        except Exception as error:  # noqa: BLE001 - becomes the answer of this operation
            return self._fail(plan, step, as_scim(error), outcome)
        self._succeed(plan, step, resource, outcome)
        return None

    def _prepare(
        self, plan: BulkPlan, step: BulkStep, outcome: dict[str, Any]
    ) -> tuple[ResourceType, BulkOperation[AnyResource]]:
        routed = self.service.route_bulk_operation(plan.operation(step))
        operation = plan.resolve(step)
        self.service.locate_bulk_operation(self.request.base_url, routed, operation, outcome)
        return self.service.check_bulk_operation(routed, operation), operation

    async def _run_cycle(self, plan: BulkPlan, steps: Sequence[BulkStep]) -> Exception | None:
        """Create all resources of a cycle, or none; return the error, if there was one."""
        tried = [steps[0]]
        try:
            created = await despite_conflicts(self.cycles.create, plan, steps, tried)
        except Exception as raised:  # noqa: BLE001 - becomes the answer of these operations
            error = as_scim(raised)
            self.cycles.forget_created(plan, steps)
            for step in steps:
                self._fail(
                    plan, step, error if step is tried[-1] else _broken_cycle(plan, tried[-1])
                )
            return error
        for step, resource in zip(steps, created, strict=True):
            self._succeed(plan, step, resource)
        return None

    def _refuse(self, plan: BulkPlan, steps: Sequence[BulkStep]) -> Exception:
        error = ConflictException(
            detail=f"A circle of bulkIds has at most {MOST_IN_CYCLE} operations and"
            f" {LARGEST_CYCLE} bytes; create the resources first, then add the references"
        )
        for step in steps:
            self._fail(plan, step, error)
        return error

    def _succeed(
        self,
        plan: BulkPlan,
        step: BulkStep,
        resource: AnyResource | None,
        outcome: dict[str, Any] | None = None,
    ) -> None:
        operation, base_url = plan.operation(step), self.request.base_url
        outcome = outcome or self.service.bulk_outcome(base_url, operation)
        result = self.service.bulk_success(base_url, operation, outcome, resource)
        plan.record(step, result, resource)

    def _fail(
        self,
        plan: BulkPlan,
        step: BulkStep,
        error: Exception,
        outcome: dict[str, Any] | None = None,
    ) -> Exception:
        operation = plan.operation(step)
        outcome = outcome or self.service.bulk_outcome(self.request.base_url, operation)
        plan.record(step, self.service.bulk_failure(outcome, error), None)
        return error

    async def _work(self, work: Callable[[], ResultT], size: int) -> ResultT:
        """Run a piece of work; even a small one waits for its slot, as it is one of a thousand."""
        transactions = self.operations.transactions
        return await transactions.shares.work.run(
            transactions.owner, work, max(size, SMALL_WORK + 1)
        )


def _broken_cycle(plan: BulkPlan, step: BulkStep) -> ConflictException:
    bulk_id = plan.operation(step).bulk_id or ""
    return ConflictException(detail=f"It is in a circle with the bulkId {bulk_id}, which failed")
