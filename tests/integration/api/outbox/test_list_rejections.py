"""Does an event that nobody takes become a failure of its identity, and of nobody else?"""

from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from api.gauges import ApiObservations
from api.metrics import ApiMetrics
from api.outbox.list_rejections import Rejections
from api.outbox.relay import Relay
from contracts.identity_changed import IdentityChanged, decode
from contracts.topology import Lane
from contracts.transport import (
    Confirmed,
    Parcel,
    PublishOutcome,
    Rejected,
    TransportState,
    Unknown,
)
from tests.drivers.in_process import GROUP, Ingress

SECOND = 1_000_000
BROKEN = Unknown("connection lost", suspect=True)
LEAVE = {"op": "replace", "path": "active", "value": False}
LONG_NAMES = 4
LIMIT = 4_000
"""Bytes that the fake broker takes: an event without groups, not one with all the long names."""


class Brittle:
    """A broker that loses a line, and all that is on its way there, over a large parcel.

    :param tells: whether it says so of a parcel that is alone; else the line is just lost.
    """

    def __init__(self) -> None:
        self.limit = LIMIT
        self.tells = True
        self.batches: list[Sequence[Parcel]] = []
        self.alone: list[Parcel] = []

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.batches.append(parcels)
        breaks = any(len(parcel.body) > self.limit for parcel in parcels)
        return [BROKEN if breaks else Confirmed() for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        self.alone.append(parcel)
        if len(parcel.body) <= self.limit:
            return Confirmed()
        return Rejected("larger than the broker takes") if self.tells else BROKEN

    async def inspect(self) -> TransportState:
        return TransportState(connected=True)

    @property
    def events(self) -> list[IdentityChanged]:
        """What was sent in batches."""
        return [decode(parcel.body).data for parcels in self.batches for parcel in parcels]


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 2_000_000_000 * SECOND

    def __call__(self) -> int:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += int(seconds * SECOND)


@pytest.fixture
def broker() -> Brittle:
    return Brittle()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def relay(directory: DirectoryDatabase, broker: Brittle, watch: Watch) -> Relay:
    return Relay(directory, broker, ApiMetrics(CollectorRegistry()), watch, chance=lambda: 1.0)


async def drained(relay: Relay, watch: Watch, seconds: float = 2, step: float = 0.25) -> None:
    """Let the relay work for so long."""
    for _ in range(int(seconds / step)):
        for lane in Lane:
            while await relay.move(lane):
                pass
        while await relay.move_suspects():
            pass
        watch.move(step)


async def somebody_large(ingress: Ingress, name: str = "large") -> str:
    """Make somebody whose groups make an event that the broker does not take."""
    person = await ingress.user(name)
    await groups_of(ingress, [f"{name} {at:04} {'漢' * 400}" for at in range(LONG_NAMES)], person)
    return person


async def groups_of(ingress: Ingress, names: Sequence[str], *people: str) -> None:
    """Make groups that have the same members."""
    members = [{"value": person} for person in people]
    groups = [{"schemas": [GROUP], "displayName": name, "members": members} for name in names]
    await ingress.together("/Groups", groups)


async def test_neighbours_of_an_event_that_is_too_large_are_published_soon(
    ingress: Ingress, relay: Relay, watch: Watch, directory: DirectoryDatabase
) -> None:
    large = await somebody_large(ingress)
    other = await ingress.neighbour()
    leavers = [await other.user(f"leaver-{number}") for number in range(8)]
    for person in leavers:
        await other.patch(f"/Users/{person}", LEAVE)
    await ingress.patch(f"/Users/{large}", LEAVE)
    await drained(relay, watch)
    assert await other.marked() == await ingress.marked() == set()
    [rejected] = await Rejections(directory).of()
    assert (rejected.identity, rejected.message) == (large, "larger than the broker takes")
    assert {it["published_version"] > 0 for it in await other.identities()} == {True}


async def test_the_broker_hears_no_more_of_what_it_has_rejected(
    ingress: Ingress, relay: Relay, broker: Brittle, watch: Watch
) -> None:
    await somebody_large(ingress)
    await drained(relay, watch)
    heard = len(broker.batches), len(broker.alone)
    await drained(relay, watch, 600, step=100)
    assert (len(broker.batches), len(broker.alone)) == heard == (1, 1)


async def test_whoever_was_rejected_is_tried_again_apart_once_they_change(
    ingress: Ingress, relay: Relay, broker: Brittle, watch: Watch, directory: DirectoryDatabase
) -> None:
    large = await somebody_large(ingress)
    await drained(relay, watch)
    await ingress.patch(f"/Users/{large}", {"op": "add", "path": "displayName", "value": "Dr"})
    await drained(relay, watch)
    [rejected] = await Rejections(directory).of()
    assert rejected.attempts == 2
    assert rejected.first_at < rejected.last_at
    broker.limit = 1_000_000
    await ingress.patch(f"/Users/{large}", LEAVE)
    await drained(relay, watch)
    assert len(broker.batches) == 1, "only the first time with others"
    assert len(broker.alone) == 3
    assert await Rejections(directory).of() == []
    assert await ingress.marked() == set()
    await ingress.patch(f"/Users/{large}", {"op": "replace", "path": "active", "value": True})
    await drained(relay, watch)
    assert len(broker.batches) == 2, "nothing is held against them any more"


async def test_what_breaks_the_line_without_a_word_comes_back_after_growing_pauses(
    ingress: Ingress, relay: Relay, broker: Brittle, watch: Watch
) -> None:
    broker.tells = False
    large = await somebody_large(ingress)
    small = await ingress.user("small")
    await drained(relay, watch, 64, step=1)
    tries = [it for it in broker.alone if large in it.message_id]
    assert len(tries) == 7, "after 1, 2, 3, 5, 9, 17 and 33 seconds"
    assert await ingress.marked() == {large}
    assert (await ingress.identity(small))["published_version"] > 0


async def test_new_marks_are_never_in_a_batch_with_a_suspect(
    ingress: Ingress, relay: Relay, broker: Brittle, watch: Watch
) -> None:
    broker.tells = False
    large = await somebody_large(ingress)
    await relay.move(Lane.BULK)
    for number in range(10):
        watch.move(1)
        await ingress.user(f"new-{number}")
        await ingress.patch(
            f"/Users/{large}", {"op": "add", "path": "displayName", "value": f"{number}"}
        )
        assert await relay.move(Lane.BULK) == 1
        await relay.move_suspects()
    assert await ingress.marked() == {large}


async def test_what_is_larger_than_the_setting_never_reaches_the_broker(
    ingress: Ingress, directory: DirectoryDatabase, broker: Brittle, watch: Watch
) -> None:
    metrics = ApiMetrics(registry := CollectorRegistry())
    relay = Relay(directory, broker, metrics, watch, largest_event=LIMIT)
    large = await somebody_large(ingress)
    small = await ingress.user("small")
    assert await relay.move(Lane.BULK) == 2
    assert [event.identity for event in broker.events] == [small]
    [rejected] = await Rejections(directory).of(identity=large)
    assert "MUSTER_LARGEST_EVENT" in rejected.message
    await ApiObservations(metrics, directory, broker).observe()
    assert registry.get_sample_value("muster_unpublishable_identities") == 1
    labels = {"lane": "bulk", "outcome": "rejected"}
    assert registry.get_sample_value("muster_publications_total", labels) == 1


async def test_people_in_very_many_groups_are_published_one_to_a_batch(
    ingress: Ingress, relay: Relay, broker: Brittle
) -> None:
    broker.limit = 1_000_000
    people = [await ingress.user(f"person-{number}") for number in range(3)]
    names = [f"{number:04} {'é' * 400}" for number in range(45)]
    await groups_of(ingress, names, *people)
    small = await ingress.user("small")
    assert [await relay.move(Lane.BULK) for _ in range(4)] == [2, 1, 1, 0]
    told = {event.identity: event.groups for event in broker.events}
    assert told == dict.fromkeys(people, tuple(names)) | {small: ()}


async def test_whoever_was_deleted_is_published_with_however_many_groups(
    ingress: Ingress, relay: Relay, broker: Brittle
) -> None:
    broker.limit = 1_000_000
    ada = await ingress.user("ada")
    names = [f'"{number:04}" {"é" * 400}' for number in range(45)]
    await groups_of(ingress, names, ada)
    await ingress.send("DELETE", f"/Users/{ada}")
    assert await relay.move(Lane.URGENT) == 1
    assert broker.events[0].groups == tuple(names)
