"""Does any delivery of the same history end in the same downstream? Every portal, every rule."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal
from tests.convergence.deliveries import deliver, mixed_up, repeated_late
from tests.convergence.downstream import Painter, world_with
from tests.convergence.histories import Histories
from tests.convergence.invariants import check_always, check_at_rest, check_published
from tests.convergence.shared_addresses import NOTHING_SHARED, Shared, shared_addresses
from tests.drivers.examples import examples
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import Reason

HOW_MANY = settings(
    max_examples=examples(250),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class DeliveredInMemory(Histories):
    """Delivers in order, with late repetitions, and mixed up; then the rules change."""

    def end(self) -> None:
        events = self.directory.events
        check_published(events)
        in_order = self._downstream(events)
        late = self._downstream(repeated_late(events, self.random))
        others = [self._downstream(mixed_up(events, self.random)) for _ in range(3)]
        self._compare([late], in_order, NOTHING_SHARED)
        shared = shared_addresses(events, self.things.addresses.values())
        if self.admins_are_settled([in_order, *others], shared):
            self._compare(others, in_order, shared)
            self._change_rules(in_order, others, shared.without_inherited())

    def _change_rules(
        self, in_order: ToyDownstream, others: Sequence[ToyDownstream], shared: Shared
    ) -> None:
        """Accounts and roles follow changed rules; no deactivation is run again."""
        known = len(self.directory.events)
        self.directory.change_rules(self.later_rules)
        resyncs = self.directory.events[known:]
        for world in (in_order, *others):
            ledger = set(world.ledger)
            self._deliver(world, mixed_up(resyncs, self.random))
            assert world.ledger == ledger
        if self.admins_are_settled([in_order, *others], shared):
            self._compare(others, in_order, shared)
        for world in (in_order, *others):
            self._release(world)

    def _release(self, world: ToyDownstream) -> None:
        """A protected account follows its connection at once when it is released."""
        for key, waiting in list(world.refused.items()):
            if Reason.PROTECTED in {refused.reason for refused in waiting.refusals}:
                world.release_account(world.records[key].account_id or "")
        world.replan_due()
        refused = [it.reason for waiting in world.refused.values() for it in waiting.refusals]
        assert Reason.PROTECTED not in refused
        check_always(world)
        check_at_rest(world, self.directory.newest())

    def _downstream(self, events: Sequence[IdentityChanged]) -> ToyDownstream:
        world = world_with(self.things)
        self._deliver(world, events)
        return world

    def _deliver(self, world: ToyDownstream, events: Sequence[IdentityChanged]) -> None:
        deliver(world, events)
        check_at_rest(world, self.directory.newest())

    def _compare(
        self, others: Sequence[ToyDownstream], world: ToyDownstream, shared: Shared
    ) -> None:
        painter = Painter(self.things, shared, self.directory.newest())
        for other in others:
            assert painter.picture(other) == painter.picture(world)


class StoreHistories(DeliveredInMemory):
    portal = Portal.STORE


class DashboardHistories(DeliveredInMemory):
    portal = Portal.DASHBOARD


class MdmHistories(DeliveredInMemory):
    portal = Portal.MDM


@pytest.mark.parametrize("histories", [StoreHistories, DashboardHistories, MdmHistories])
def test_any_delivery_of_a_history_ends_in_the_same_downstream(
    histories: type[Histories],
) -> None:
    run_state_machine_as_test(histories, settings=HOW_MANY)
