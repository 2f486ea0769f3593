"""In which transactions does a bulk request run? Each operation, and each cycle, has its own.

Creations whose bulkIds name each other in a cycle depend on each other: RFC 7644 section 3.7.1
wants them resolved, so all of a cycle are created, or none.
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
class Components:
    """The strongly connected components of a plan, whose operations name each other.

    ``component_of`` maps the index of an operation to its component, which most are in alone.
    ``cyclic`` are the components whose operations name each other, or whose only one names itself.
    """

    component_of: Mapping[int, int]
    cyclic: frozenset[int]

    def is_cycle(self, steps: Sequence[BulkStep]) -> bool:
        """Return whether the steps of one transaction name each other, or one names itself."""
        return self.component_of[steps[0].index] in self.cyclic


def transactions_of(plan: BulkPlan, components: Components) -> Iterator[Sequence[BulkStep]]:
    """Yield the steps of each transaction in order, until the request is stopped."""
    sizes = Counter(components.component_of.values())
    steps_so_far: dict[int, list[BulkStep]] = defaultdict(list)
    for step in plan.steps:
        if plan.stopped:
            return
        component = components.component_of[step.index]
        steps_so_far[component].append(step)
        if (
            len(steps_so_far[component]) == sizes[component]
        ):  # the operations that it needs have run by now
            yield steps_so_far[component]


def components_of(plan: BulkPlan) -> Components:
    """Return the components of a plan, in time proportional to the size of its operations.

    The algorithm is that of Kosaraju: the order of the plan's steps is the first of its two passes.
    """
    dependents: dict[int, list[int]] = {step.index: [] for step in plan.steps}
    dependencies_of = {index: plan.dependencies(index) for index in dependents}
    for index, dependencies in dependencies_of.items():
        for dependency in dependencies:
            dependents[dependency].append(index)
    component_of: dict[int, int] = {}
    for step in reversed(plan.steps):
        pending = [step.index]
        while pending:
            index = pending.pop()
            if index not in component_of:
                component_of[index] = step.index
                pending.extend(dependents[index])
    cyclic = {
        component_of[index]
        for index, dependencies in dependencies_of.items()
        if any(component_of[dependency] == component_of[index] for dependency in dependencies)
    }
    return Components(component_of, frozenset(cyclic))


def first_state(plan: BulkPlan, operation: Operation) -> Resource[Any]:
    """Return the resource that a creation of a cycle starts with: only known references resolved.

    A group starts without members.
    """

    def known(bulk_id: str) -> str:
        created = plan.created.get(bulk_id)
        return str(created.id) if created else f"{BULK_ID_PREFIX}{bulk_id}"

    resource = cast("Resource[Any]", resolve_operation(operation, known).data)
    return (
        resource.model_copy(update={"members": None}) if isinstance(resource, Group) else resource
    )
