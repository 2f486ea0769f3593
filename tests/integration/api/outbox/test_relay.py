"""Does the relay publish every mark until it is confirmed, leavers first, and never lose one?"""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import update
from sqlmodel import col
from structlog.testing import capture_logs

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.metrics import ApiMetrics
from api.outbox.batches import LEASE_SECONDS
from api.outbox.due_marks import release_all
from api.outbox.lease_statement import MarkSelection
from api.outbox.leasing import lease
from api.outbox.relay import Relay
from contracts.embedded_transport import EmbeddedTransport
from contracts.identity_changed import IdentityChanged, decode
from contracts.topology import RETRY_DELAYS, Lane
from contracts.transport import (
    Confirmed,
    Parcel,
    PublishOutcome,
    RetryAfter,
    TransportState,
    Unknown,
)
from deploy.processes.background_tasks import running_in_background
from tests.compatibility.samples import TRACE
from tests.drivers.in_process import USER, Ingress
from tests.drivers.told_spans import UNTOLD, BrokenTracing

SECOND = 1_000_000
BULK = MarkSelection(Lane.BULK)


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 2_000_000_000 * SECOND  # later than whatever the ingress writes now

    def __call__(self) -> int:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += int(seconds * SECOND)


class Post:
    """A publisher that keeps what it is given, and answers as it is told."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []
        self.outcome: PublishOutcome = Confirmed()

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.parcels += parcels
        return [self.outcome for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True)

    @property
    def events(self) -> list[IdentityChanged]:
        """What the parcels say."""
        return [decode(parcel.body).data for parcel in self.parcels]


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> ApiMetrics:
    return ApiMetrics(registry)


@pytest.fixture
def relay(directory: DirectoryDatabase, post: Post, metrics: ApiMetrics, watch: Watch) -> Relay:
    return Relay(directory, post, metrics, watch)


async def test_an_event_tells_the_newest_state_once_for_all_changes(
    ingress: Ingress, relay: Relay, post: Post
) -> None:
    ada = await ingress.user("ada")
    await ingress.group("Weavers", ada)
    await ingress.patch(f"/Users/{ada}", {"op": "replace", "path": "title", "value": "Dr"})
    assert await relay.move(Lane.BULK) == 1
    (event,) = post.events
    assert (event.identity, event.active, event.groups) == (ada, True, ("Weavers",))
    assert await ingress.marked() == set()
    assert await relay.move(Lane.BULK) == 0


async def test_marks_are_cleared_whose_spans_cannot_be_told(
    ingress: Ingress, post: Post, metrics: ApiMetrics
) -> None:
    body = {"schemas": [USER], "userName": "ada"}
    await ingress.send("POST", "/Users", body, traceparent=TRACE.traceparent or "")
    relay = Relay(ingress.database, post, metrics, tracing=BrokenTracing())
    with capture_logs() as log:
        assert await relay.move(Lane.BULK) == 1
    assert [it for it in log if it["event"] == UNTOLD["event"]] == [UNTOLD]
    assert await ingress.marked() == set()


async def test_a_leaver_is_in_the_urgent_lane_even_if_still_waiting_in_bulk(
    ingress: Ingress, relay: Relay, post: Post
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": False})
    assert await relay.move(Lane.URGENT) == 1
    assert [event.identity for event in post.events] == [ada]
    assert post.events[0].terms.deactivated_at == post.events[0].version
    assert await relay.move(Lane.BULK) == 1
    assert post.events[1].identity == ben


async def test_a_transport_that_was_away_is_given_the_marks_again_without_a_wait(
    ingress: Ingress, relay: Relay, post: Post
) -> None:
    ada = await ingress.user("ada")
    post.outcome = Unknown("no connection in time")
    for _ in range(100):
        assert await relay.move(Lane.BULK) == 0
    assert await ingress.marked() == {ada}
    post.outcome = Confirmed()
    assert await relay.move(Lane.BULK) == 1
    assert {parcel.attempts for parcel in post.parcels} == {0}
    assert await ingress.marked() == set()


async def test_what_the_worker_wants_again_comes_after_its_delay_and_is_counted(
    ingress: Ingress, relay: Relay, post: Post, watch: Watch
) -> None:
    await ingress.user("ada")
    post.outcome = RetryAfter(30)
    await relay.move(Lane.BULK)
    watch.move(29)
    await relay.move(Lane.BULK)
    assert len(post.parcels) == 1, "not before"
    watch.move(2)
    await relay.move(Lane.BULK)
    assert [parcel.attempts for parcel in post.parcels] == [0, 1]


async def test_a_crash_while_publishing_repeats_the_publication_after_the_lease(
    ingress: Ingress, directory: DirectoryDatabase, post: Post, metrics: ApiMetrics, watch: Watch
) -> None:
    ada = await ingress.user("ada")
    transport = EmbeddedTransport()
    crashing = asyncio.create_task(Relay(directory, transport, metrics, watch).move(Lane.BULK))
    await transport.receive(Lane.BULK, 1)
    crashing.cancel()
    await asyncio.wait([crashing])
    successor = Relay(directory, post, metrics, watch)
    assert await successor.move(Lane.BULK) == 0, "the lease still holds"
    watch.move(LEASE_SECONDS + 1)
    assert await successor.move(Lane.BULK) == 1
    assert post.events[0].identity == ada


async def test_the_only_relay_need_not_wait_for_the_lease_of_one_that_was_killed(
    ingress: Ingress, directory: DirectoryDatabase, relay: Relay, watch: Watch
) -> None:
    ada = await ingress.user("ada")
    async with directory.write() as db:
        leased = await lease(db, BULK, 1, watch() + LEASE_SECONDS * SECOND)
        assert [it.identity_id for it, _ in leased.marks] == [ada]
    async with directory.write() as db:
        assert await release_all(db) == 1
    assert await relay.move(Lane.BULK) == 1


async def test_a_change_while_publishing_is_published_after_it(
    ingress: Ingress, directory: DirectoryDatabase, metrics: ApiMetrics, watch: Watch
) -> None:
    ada = await ingress.user("ada")
    transport = EmbeddedTransport()
    relay = Relay(directory, transport, metrics, watch)
    moving = asyncio.create_task(relay.move(Lane.BULK))
    (first,) = await transport.receive(Lane.BULK, 1)
    await ingress.group("Weavers", ada)
    await first.ack()
    await moving
    assert await ingress.marked() == {ada}, "its mark is of a newer version"
    moving = asyncio.create_task(relay.move(Lane.BULK))
    (second,) = await transport.receive(Lane.BULK, 1)
    await second.ack()
    await moving
    assert decode(first.body).data.groups == ()
    assert decode(second.body).data.groups == ("Weavers",)
    assert decode(second.body).data.version > decode(first.body).data.version


async def test_a_mark_that_cannot_be_read_stays_and_holds_up_nobody(
    ingress: Ingress, directory: DirectoryDatabase, relay: Relay, post: Post
) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    async with directory.write() as db:
        await db.execute(update(Identity).where(col(Identity.id) == ada).values(profile={}))
    assert await relay.move(Lane.BULK) == 1
    assert [event.identity for event in post.events] == [ben]
    assert await ingress.marked() == {ada}


async def test_two_relays_never_have_the_same_mark(
    ingress: Ingress, directory: DirectoryDatabase, metrics: ApiMetrics, watch: Watch
) -> None:
    people = {await ingress.user(f"person-{number}") for number in range(20)}
    posts = [Post(), Post()]
    await asyncio.gather(
        *(Relay(directory, post, metrics, watch).move(Lane.BULK) for post in posts)
    )
    published = [event.identity for post in posts for event in post.events]
    assert sorted(published) == sorted(people)


async def test_a_mark_made_while_a_clock_was_ahead_does_not_wait_for_that_time(
    ingress: Ingress, relay: Relay, watch: Watch
) -> None:
    await ingress.user("ada")
    watch.move(-watch.time / SECOND + 1)  # long before anything was written
    assert await relay.move(Lane.BULK) == 1


async def test_a_lease_taken_while_a_clock_was_ahead_ends_all_the_same(
    ingress: Ingress, directory: DirectoryDatabase, relay: Relay, watch: Watch
) -> None:
    await ingress.user("ada")
    async with directory.write() as db:
        until = watch.time + LEASE_SECONDS * SECOND
        await lease(db, BULK, 1, until)
    watch.move(-LEASE_SECONDS)
    assert await relay.move(Lane.BULK) == 0, "clocks may differ by as much"
    watch.move(-3600)
    assert await relay.move(Lane.BULK) == 1


async def test_a_retry_wanted_while_a_clock_was_ahead_comes_all_the_same(
    ingress: Ingress, relay: Relay, post: Post, watch: Watch
) -> None:
    await ingress.user("ada")
    post.outcome = RetryAfter(RETRY_DELAYS[-1])
    await relay.move(Lane.BULK)
    post.outcome = Confirmed()
    watch.move(-1)
    assert await relay.move(Lane.BULK) == 0
    watch.move(-3600)
    assert await relay.move(Lane.BULK) == 1


async def test_a_running_relay_wakes_up_when_it_is_told_and_settles_before_it_stops(
    ingress: Ingress, directory: DirectoryDatabase, metrics: ApiMetrics, watch: Watch
) -> None:
    transport = EmbeddedTransport()
    relay = Relay(directory, transport, metrics, watch)
    async with running_in_background(relay.run):
        await ingress.user("ada")
        relay.wake()
        (delivery,) = await transport.receive(Lane.BULK, 1)
        answered = asyncio.create_task(delivery.ack())  # runs while the relay is being stopped
    await answered
    assert await ingress.marked() == set(), "the batch in hand was settled"


async def test_a_deleted_identity_is_published_with_the_groups_that_it_had(
    ingress: Ingress, relay: Relay, post: Post
) -> None:
    ada = await ingress.user("ada")
    await ingress.group("Weavers", ada)
    await ingress.send("DELETE", f"/Users/{ada}")
    await relay.move(Lane.URGENT)
    (event,) = post.events
    assert event.deleted
    assert event.groups == ("Weavers",)


async def test_publications_are_counted_by_lane_and_by_what_became_of_them(
    ingress: Ingress, relay: Relay, post: Post, watch: Watch, registry: CollectorRegistry
) -> None:
    ada = await ingress.user("ada")
    post.outcome = Unknown("no confirm in time")
    await relay.move(Lane.BULK)
    watch.move(2)
    post.outcome = Confirmed()
    await relay.move(Lane.BULK)
    await ingress.send("DELETE", f"/Users/{ada}")
    await relay.move(Lane.URGENT)
    counts = {
        (lane, outcome): registry.get_sample_value(
            "muster_publications_total", {"lane": lane, "outcome": outcome}
        )
        for lane in Lane
        for outcome in ("confirmed", "retry_wanted", "unknown", "rejected")
    }
    assert {key: count for key, count in counts.items() if count} == {
        ("bulk", "unknown"): 1,
        ("bulk", "confirmed"): 1,
        ("urgent", "confirmed"): 1,
    }
