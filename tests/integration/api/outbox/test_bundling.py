"""Does the relay send bundles where workers read them, and does each mark get its own outcome?"""

import pytest
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from contracts.identities_changed import LARGEST_BUNDLE
from contracts.topology import Lane
from contracts.transport import Apart, Confirmed, RetryAfter, Unknown
from tests.drivers.in_process import Ingress
from tests.integration.api.outbox.marks import NOW, SECOND, connect, mark
from tests.integration.api.outbox.post import Post
from tests.readings.samples import samples

BROKEN = Unknown("connection lost", suspect=True)


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def relay(directory: DirectoryDatabase, post: Post, registry: CollectorRegistry) -> Relay:
    return Relay(directory, post, ApiMetrics(registry), lambda: NOW + 60 * SECOND)


def people(name: str, count: int) -> list[str]:
    """Return ids."""
    return [f"{name}-{number:04}" for number in range(count)]


async def test_events_of_a_workspace_travel_together_and_are_counted_one_by_one(
    directory: DirectoryDatabase, relay: Relay, post: Post, registry: CollectorRegistry
) -> None:
    connections = await connect(directory, "acme", "other")
    await mark(directory, connections["acme"], people("a", 5))
    await mark(directory, connections["other"], people("b", 3))
    assert await relay.move(Lane.BULK) == 8
    assert sorted(post.identities) == [people("a", 5), people("b", 3)]
    assert await relay.move(Lane.BULK) == 0
    assert samples(registry, "muster_publications_total") == {("bulk", "confirmed"): 8}


async def test_leavers_travel_in_small_bundles(ingress: Ingress, relay: Relay, post: Post) -> None:
    for number in range(25):
        person = await ingress.user(f"person-{number}")
        await ingress.send("DELETE", f"/Users/{person}")
    assert await relay.move(Lane.URGENT) == 25
    assert [parcel.events for parcel in post.parcels] == [LARGEST_BUNDLE[Lane.URGENT], 5]


async def test_beside_workers_that_read_no_bundles_each_event_travels_alone(
    directory: DirectoryDatabase, relay: Relay, post: Post
) -> None:
    post.takes_bundles = False
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("a", 5))
    assert await relay.move(Lane.BULK) == 5
    assert {parcel.is_bundle for parcel in post.parcels} == {False}


async def test_a_setting_lets_each_event_travel_alone(
    directory: DirectoryDatabase, post: Post
) -> None:
    relay = Relay(directory, post, ApiMetrics(CollectorRegistry()), largest_bundle=1)
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("a", 5))
    assert await relay.move(Lane.BULK) == 5
    assert {parcel.is_bundle for parcel in post.parcels} == {False}


async def test_of_a_bundle_that_fell_apart_only_what_failed_is_sent_again_and_alone(
    directory: DirectoryDatabase, post: Post
) -> None:
    now = NOW
    relay = Relay(directory, post, ApiMetrics(CollectorRegistry()), lambda: now)
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("a", 3), NOW - SECOND)
    post.answer = lambda _bundle: Apart([Confirmed(), RetryAfter(5), Confirmed()])
    assert await relay.move(Lane.BULK) == 2
    await mark(directory, connections["acme"], people("b", 2), NOW - SECOND)
    post.answer = lambda _parcel: Confirmed()
    now = NOW + 6 * SECOND
    assert await relay.move(Lane.BULK) == 3
    assert sorted(post.identities[1:]) == [["a-0001"], people("b", 2)]
    assert {it.attempts for it in post.parcels if not it.is_bundle} == {1}


async def test_a_bundle_that_breaks_the_line_makes_suspects_that_travel_alone(
    directory: DirectoryDatabase, post: Post
) -> None:
    now = NOW
    relay = Relay(directory, post, ApiMetrics(CollectorRegistry()), lambda: now)
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("a", 3), NOW - SECOND)
    post.answer = lambda parcel: BROKEN if parcel.is_bundle else Confirmed()
    assert await relay.move(Lane.BULK) == 0
    now = NOW + SECOND
    assert await relay.move(Lane.BULK) == 0
    assert await relay.move_suspects() == 3
    assert sorted(post.identities[1:]) == [["a-0000"], ["a-0001"], ["a-0002"]]


async def test_a_broker_that_takes_no_large_bundle_breaks_few_batches(
    directory: DirectoryDatabase, relay: Relay, post: Post
) -> None:
    connections = await connect(directory, "acme")
    await mark(directory, connections["acme"], people("a", 40))
    await relay.move(Lane.BULK)
    [full] = post.parcels
    post.answer = lambda parcel: BROKEN if len(parcel.body) > len(full.body) // 3 else Confirmed()
    moved = []
    for turn in range(10):
        await mark(directory, connections["acme"], people(f"b{turn}", 40))
        moved.append(await relay.move(Lane.BULK))
    assert moved[2:] == [40] * 8
    assert post.parcels[-1].is_bundle
