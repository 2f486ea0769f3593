"""How are resources created that name each other? A transaction creates them in two passes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from scim2_server.bulk import BulkPlan, BulkStep

from api.scim.groups.mapping import group_of
from api.scim.groups.store import change_group, create_group
from api.scim.locks import lock_group
from api.scim.members.parameter import NO_CHANGE, MemberChange
from api.scim.members.plan import replace_all_with
from api.scim.members.sent import sent_of
from api.scim.operations.bulk_transactions import first_state
from api.scim.protocol.resources import AnyResource, Group, ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from api.scim.users.store import create_user, update_user
from contracts.time_slice import TimeSlice


@dataclass(frozen=True, slots=True)
class BulkCycles:
    """Creates the resources of cycles."""

    service: TolerantScimService
    transactions: Transactions

    async def create(
        self, plan: BulkPlan, steps: Sequence[BulkStep], tried: list[BulkStep]
    ) -> list[AnyResource]:
        """Create each resource with the known references, then complete each with the others.

        :param tried: takes each step before it runs, so that after an error the last is the cause.
        """
        self.forget_created(plan, steps)  # a try before this one was rolled back
        created: list[AnyResource] = []
        time_slice = TimeSlice()
        async with self.transactions.write() as tx:
            for step in steps:
                tried.append(step)
                await time_slice.pause_if_over()
                plan.created[_bulk_id(plan, step)] = await self._begin(tx, plan, step)
            for step in steps:
                tried.append(step)
                await time_slice.pause_if_over()
                created.append(await self._complete(tx, plan, step))
        return created

    @staticmethod
    def forget_created(plan: BulkPlan, steps: Sequence[BulkStep]) -> None:
        """Remove the resources of these steps from the plan, as they were not created."""
        for step in steps:
            plan.created.pop(_bulk_id(plan, step), None)

    async def _begin(self, tx: Transaction, plan: BulkPlan, step: BulkStep) -> AnyResource:
        operation = plan.operation(step)
        routed = self.service.route_bulk_operation(operation)
        self.service.check_bulk_operation(routed, operation)
        first = first_state(plan, operation)
        if isinstance(first, Group):
            return group_of(await create_group(tx, first, NO_CHANGE))
        return await create_user(tx, cast("ScimUser", first))

    @staticmethod
    async def _complete(tx: Transaction, plan: BulkPlan, step: BulkStep) -> AnyResource:
        begun = plan.created[_bulk_id(plan, step)]
        complete = cast("AnyResource", plan.resolve(step).data)
        if not isinstance(complete, Group):
            user = complete.model_copy(update={"id": begun.id, "meta": begun.meta})
            return await update_user(tx, cast("ScimUser", user), None)
        members = MemberChange.of(replace_all_with(sent_of(complete.members)))
        row = await lock_group(tx, str(begun.id), members.ids)
        return group_of(await change_group(tx, row, complete, members))


def _bulk_id(plan: BulkPlan, step: BulkStep) -> str:
    return plan.operation(step).bulk_id or ""
