"""Does the topology hang together? Whatever a queue gives away has somewhere to go."""

import pytest

from contracts.topology import RETRY_DELAYS, Lane, Topology

TOPOLOGY = Topology("acme")


def test_what_a_queue_gives_away_goes_to_a_queue_that_is_declared_before_it() -> None:
    declared: set[tuple[str, str]] = set()
    for queue in TOPOLOGY.queues:
        if "x-dead-letter-exchange" in queue.arguments:
            exchange = str(queue.arguments["x-dead-letter-exchange"])
            assert (exchange, str(queue.arguments["x-dead-letter-routing-key"])) in declared
        declared |= {(binding.exchange, binding.routing_key) for binding in queue.bindings}


def test_every_queue_is_told_its_type_its_limits_and_what_happens_at_them() -> None:
    for queue in TOPOLOGY.queues:
        assert queue.arguments["x-queue-type"] == "quorum"
        assert {"x-delivery-limit", "x-max-length", "x-overflow"} <= queue.arguments.keys()


@pytest.mark.parametrize("lane", Lane)
def test_each_lane_has_a_tier_for_each_delay_that_leads_back_to_it(lane: Lane) -> None:
    tiers = {
        queue.arguments["x-message-ttl"]
        for queue in TOPOLOGY.queues
        if queue.arguments.get("x-dead-letter-routing-key") == TOPOLOGY.lane(lane)
    }
    assert tiers == {delay * 1000 for delay in RETRY_DELAYS}


@pytest.mark.parametrize(
    ("seconds", "tier"), [(0, "5s"), (5, "5s"), (6, "30s"), (600, "600s"), (7200, "600s")]
)
def test_a_retry_waits_at_least_as_long_as_asked_or_as_long_as_possible(
    seconds: float, tier: str
) -> None:
    assert TOPOLOGY.tier(Lane.URGENT, seconds) == f"acme.urgent.retry-{tier}"


def test_installations_with_different_prefixes_share_no_name() -> None:
    def names(topology: Topology) -> set[str]:
        exchanges = {exchange.name for exchange in topology.exchanges}
        return exchanges | {queue.name for queue in topology.queues}

    assert not names(TOPOLOGY) & names(Topology())
