"""In which turns does a bulk request run? One transaction for each operation, or for each circle.

Operations whose creations name each other in a circle cannot be told apart: RFC 7644 section
3.7.1 wants them resolved, so they are created together, or not at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, cast

from scim2_models import BulkOperation, Resource
from scim2_server.bulk import BULK_ID_PREFIX, BulkPlan, BulkStep, resolve_operation

from api.scim.resources import Group

Operation = BulkOperation[Resource[Any]]


def turns(plan: BulkPlan) -> Iterator[Sequence[BulkStep]]:
    """Yield the steps to run, those of a circle together, until the request is stopped."""
    circle_of = _circles(plan)
    together = Counter(circle_of.values())
    arrived: dict[int, list[BulkStep]] = defaultdict(list)
    for step in plan.steps:
        if plan.stopped:
            return
        circle = circle_of[step.index]
        arrived[circle].append(step)
        if len(arrived[circle]) == together[circle]:  # what the circle needs has run by now
            yield arrived[circle]


def is_circle(plan: BulkPlan, steps: Sequence[BulkStep]) -> bool:
    """Say whether steps of one turn name each other, or one step itself."""
    return len(steps) > 1 or steps[0].index in plan.dependencies(steps[0].index)


def first_state(plan: BulkPlan, operation: Operation) -> Resource[Any]:
    """Return what a creation of a circle starts as: with the references that are known already."""

    def known(bulk_id: str) -> str:
        created = plan.created.get(bulk_id)
        return str(created.id) if created else f"{BULK_ID_PREFIX}{bulk_id}"

    resource = cast("Resource[Any]", resolve_operation(operation, known).data)
    if not isinstance(resource, Group):
        return resource
    members = [each for each in resource.members or () if not _is_open(each.value)]
    return resource.model_copy(update={"members": members or None})


def _is_open(reference: str | None) -> bool:
    return (reference or "").startswith(BULK_ID_PREFIX)


def _circles(plan: BulkPlan) -> dict[int, int]:
    """Map each operation to the circle that it is in, alone or with others, in linear time.

    The algorithm of Kosaraju: the plan's steps are the first of its two passes.
    """
    dependents: dict[int, list[int]] = {step.index: [] for step in plan.steps}
    for index in dependents:
        for dependency in plan.dependencies(index):
            dependents[dependency].append(index)
    circle_of: dict[int, int] = {}
    for step in reversed(plan.steps):
        left = [step.index]
        while left:
            index = left.pop()
            if index not in circle_of:
                circle_of[index] = step.index
                left.extend(dependents[index])
    return circle_of
