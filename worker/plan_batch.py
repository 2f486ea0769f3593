"""In which order are the events of a batch planned? They are planned in the order of versions."""

from collections.abc import Callable, Iterable, Iterator

from contracts.identity_changed import IdentityChanged
from worker.planning.actions import Plan
from worker.planning.facts import Facts
from worker.planning.plan import plan
from worker.planning.working_set import WorkingSet

Decide = Callable[[Facts, IdentityChanged], Plan]
"""The function that plans one event: ``plan`` where it arrives, ``replan`` where it is stored."""


def plan_each(
    working_set: WorkingSet, events: Iterable[IdentityChanged], decide: Decide = plan
) -> Iterator[tuple[IdentityChanged, Plan]]:
    """Yield each event with its plan, which the facts follow as soon as the caller goes on.

    Events are planned by version, so that an identity gives up an address before another asks.
    """
    for event in sorted(events, key=lambda it: (it.version, it.connection, it.identity)):
        planned = decide(working_set.facts_for(event), event)
        yield event, planned
        working_set.apply_plan(event, planned)
