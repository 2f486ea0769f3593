"""How are resources created that name each other? In one transaction, in two passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from scim2_models import Resource
from scim2_server.bulk import BulkPlan, BulkStep

from api.pace import Pace
from api.scim.bulk_turns import first_state
from api.scim.service import MusterService
from api.scim.storage import DirectoryStorage

AnyResource = Resource[Any]


@dataclass(frozen=True, slots=True)
class BulkCircle:
    """Creates the resources of circles."""

    service: MusterService
    storage: DirectoryStorage

    async def create(
        self, plan: BulkPlan, steps: Sequence[BulkStep], at: list[BulkStep]
    ) -> list[AnyResource]:
        """Create each resource, then tell each again what was not there when it was created.

        :param at: takes each step when its turn comes, for whoever asks where it failed.
        """
        self.forget(plan, steps)  # a try before this one was rolled back
        created: list[AnyResource] = []
        pace = Pace()
        async with self.storage.operation():
            for step in steps:
                at.append(step)
                await pace.breathe()
                operation = plan.operation(step)
                routed = self.service.route_bulk_operation(operation)
                resource_type = self.service.check_bulk_operation(routed, operation)
                resource = await self.storage.create(resource_type, first_state(plan, operation))
                plan.created[_bulk_id(plan, step)] = resource
            for step in steps:
                at.append(step)
                await pace.breathe()
                created.append(await self._complete(plan, step))
        return created

    @staticmethod
    def forget(plan: BulkPlan, steps: Sequence[BulkStep]) -> None:
        """Let a plan know that the resources of these steps are not there."""
        for step in steps:
            plan.created.pop(_bulk_id(plan, step), None)

    async def _complete(self, plan: BulkPlan, step: BulkStep) -> AnyResource:
        resource = plan.created[_bulk_id(plan, step)]
        complete = cast("AnyResource", plan.resolve(step).data).model_copy(
            update={"id": resource.id, "meta": resource.meta}
        )
        resource_type = self.service.get_resource_type_of(resource)
        stored: AnyResource = await self.storage.update(resource_type, complete)
        return stored


def _bulk_id(plan: BulkPlan, step: BulkStep) -> str:
    return plan.operation(step).bulk_id or ""
