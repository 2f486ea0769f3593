"""When does the relay lease the next batch: ahead of time, after a rest, and what if it fails?"""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.tables import Identity
from api.metrics import ApiMetrics
from api.outbox.pauses import LARGEST_BATCH, LONGEST_REST
from api.outbox.relay import Relay
from contracts.topology import Lane
from contracts.transport import (
    Confirmed,
    Parcel,
    PublishOutcome,
    TransportState,
    Unknown,
)
from deploy.processes.background_tasks import running_in_background
from tests.integration.api.outbox.marks import connect, mark

BATCH = LARGEST_BATCH[Lane.BULK]


class SlowBroker:
    """A broker that answers the first batch only when the test says how."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[PublishOutcome] = asyncio.get_running_loop().create_future()
        self.published = 0
        self.asked_at: list[float] = []
        self.answered_at: list[float] = []

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        self.asked_at.append(asyncio.get_running_loop().time())
        outcome = await asyncio.shield(self.answer)
        self.answered_at.append(asyncio.get_running_loop().time())
        self.published += sum(parcel.events for parcel in parcels)
        return [outcome for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True, takes_bundles=True)


async def _leased(directory: DirectoryDatabase) -> int:
    async with directory.read() as db:
        counting = select(func.count()).where(col(Identity.due_at).is_not(None))
        return (await db.execute(counting)).scalar_one()


@pytest.fixture
async def backlog(directory: DirectoryDatabase) -> None:
    """Mark as many identities as three batches take."""
    acme = (await connect(directory, "acme"))["acme"]
    await mark(directory, acme, [f"person-{number:04}" for number in range(3 * BATCH)])


@pytest.mark.usefixtures("backlog")
async def test_the_next_batch_is_leased_while_confirms_are_awaited(
    directory: DirectoryDatabase,
) -> None:
    broker = SlowBroker()
    relay = Relay(directory, broker, ApiMetrics(CollectorRegistry()))
    async with running_in_background(relay.run):
        while await _leased(directory) < 2 * BATCH:
            await asyncio.sleep(0.01)
        assert broker.published == 0
        broker.answer.set_result(Confirmed())
        while broker.published < 3 * BATCH:
            await asyncio.sleep(0.01)
    async with directory.read() as db:
        marked = select(func.count()).where(col(Identity.dirty_lane).is_not(None))
        assert (await db.execute(marked)).scalar_one() == 0, "all of it was settled"


@pytest.mark.usefixtures("backlog")
async def test_a_broker_that_is_away_has_no_batch_in_hand(directory: DirectoryDatabase) -> None:
    broker = SlowBroker()
    relay = Relay(directory, broker, ApiMetrics(CollectorRegistry()))
    async with running_in_background(relay.run):
        while await _leased(directory) < 2 * BATCH:
            await asyncio.sleep(0.01)
        broker.answer.set_result(Unknown("no connection in time"))
        while await _leased(directory):
            await asyncio.sleep(0.01)
    assert await _leased(directory) == 0


async def test_marks_made_during_a_batch_are_gathered_for_a_moment(
    directory: DirectoryDatabase,
) -> None:
    broker = SlowBroker()
    relay = Relay(directory, broker, ApiMetrics(CollectorRegistry()))
    acme = (await connect(directory, "acme"))["acme"]
    await mark(directory, acme, ["ada"])
    async with running_in_background(relay.run):
        while not broker.asked_at:
            await asyncio.sleep(LONGEST_REST)
        await mark(directory, acme, ["bob"])
        relay.wake([Lane.BULK])
        await asyncio.sleep(LONGEST_REST)  # a batch that is as slow as the longest rest
        broker.answer.set_result(Confirmed())
        while broker.published < 2:
            await asyncio.sleep(0.01)
    assert broker.asked_at[1] - broker.answered_at[0] >= LONGEST_REST
