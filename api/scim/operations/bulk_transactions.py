"""In which turns does a bulk request run? One transaction for each operation, or for each circle.

Operations whose creations name each other in a circle cannot be told apart: RFC 7644 section
3.7.1 wants them resolved, so they are created together, or not at all.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from scim2_models import BulkOperation, Resource
from scim2_server.bulk import BULK_ID_PREFIX, BulkPlan, BulkStep, resolve_operation

from api.scim.protocol.resources import Group

Operation = BulkOperation[Resource[Any]]


@dataclass(frozen=True, slots=True)
class Circles:
    """The circle that each operation of a plan is in, alone or with others, by their indices.

    ``closed`` are the circles whose operations name each other, or one of them itself.
    """

    of: Mapping[int, int]
    closed: frozenset[int]

    def is_closed(self, steps: Sequence[BulkStep]) -> bool:
        """Say whether the steps of one turn name each other, or one step itself."""
        return self.of[steps[0].index] in self.closed


def turns(plan: BulkPlan, circles: Circles) -> Iterator[Sequence[BulkStep]]:
    """Yield the steps to run, those of a circle together, until the request is stopped."""
    together = Counter(circles.of.values())
    arrived: dict[int, list[BulkStep]] = defaultdict(list)
    for step in plan.steps:
        if plan.stopped:
            return
        circle = circles.of[step.index]
        arrived[circle].append(step)
        if len(arrived[circle]) == together[circle]:  # what the circle needs has run by now
            yield arrived[circle]


def circles_in(plan: BulkPlan) -> Circles:
    """Find the circles of a plan, in time proportional to the size of its operations.

    The algorithm of Kosaraju: the plan's steps are the first of its two passes.
    """
    dependents: dict[int, list[int]] = {step.index: [] for step in plan.steps}
    named = {index: plan.dependencies(index) for index in dependents}
    for index, dependencies in named.items():
        for dependency in dependencies:
            dependents[dependency].append(index)
    circle_of: dict[int, int] = {}
    for step in reversed(plan.steps):
        left = [step.index]
        while left:
            index = left.pop()
            if index not in circle_of:
                circle_of[index] = step.index
                left.extend(dependents[index])
    closed = {
        circle_of[index]
        for index, dependencies in named.items()
        if any(circle_of[dependency] == circle_of[index] for dependency in dependencies)
    }
    return Circles(circle_of, frozenset(closed))


def first_state(plan: BulkPlan, operation: Operation) -> Resource[Any]:
    """Return what a creation of a circle starts as: with the references that are known already.

    A group starts without members.
    """

    def known(bulk_id: str) -> str:
        created = plan.created.get(bulk_id)
        return str(created.id) if created else f"{BULK_ID_PREFIX}{bulk_id}"

    resource = cast("Resource[Any]", resolve_operation(operation, known).data)
    return (
        resource.model_copy(update={"members": None}) if isinstance(resource, Group) else resource
    )
