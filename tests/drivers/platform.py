"""How do these tests drive the worker's side? Events in, accounts, devices and states out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry
from sqlalchemy import text

from contracts.downstream.accounts import ListedAccount
from contracts.downstream.devices import ListedDevice
from contracts.downstream.sync_states import SyncState
from contracts.embedded_transport import EmbeddedDelivery
from contracts.identities_changed import join
from contracts.identity_changed import (
    IdentityChanged,
    IdentityChangedEnvelope,
    Trace,
    decode,
    encode,
    message_id,
)
from contracts.topology import Lane
from contracts.transport import Confirmed, Parcel
from deploy.databases.engines import open_engines
from tests.drivers.people import WORKSPACE
from worker.apply import Applied, apply_batch
from worker.dialects import DownstreamDatabase
from worker.handle_deliveries import Handler
from worker.metrics import WorkerMetrics
from worker.planning.actions import Outcome
from worker.platforms.sql.inventory import Inventory
from worker.replan_refused import Replanning
from worker.reports import Reports
from worker.sync.states import StoredSyncStates

POSTGRES_POISON = """
CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'ada@acme.test' USING ERRCODE = '{sqlstate}'; END $$
"""
POSTGRES_TRIGGER = """
CREATE TRIGGER spoiling BEFORE UPDATE ON sync_records FOR EACH ROW
WHEN (NEW.identity = 'poisoned') EXECUTE FUNCTION spoil()
"""
SQLITE_POISON = """
CREATE TRIGGER spoiling BEFORE UPDATE ON sync_records WHEN NEW.identity = 'poisoned'
BEGIN {statement}; END
"""


@asynccontextmanager
async def opened_downstream(url: str) -> AsyncIterator[DownstreamDatabase]:
    """Open a worker's database that is migrated."""
    reading, writing = open_engines(url)
    yield DownstreamDatabase(reading, writing)
    await reading.dispose()
    await writing.dispose()


def envelope(event: IdentityChanged) -> IdentityChangedEnvelope:
    """Return the event as it comes out of a queue."""
    return decode(encode(event, Trace(correlation_id=f"request-{event.version}")))


def parcel(event: IdentityChanged, lane: Lane = Lane.BULK, attempts: int = 0) -> Parcel:
    """Return the event as it goes into a queue."""
    body = encode(event, Trace(correlation_id=f"request-{event.version}"))
    return Parcel(message_id(event), lane, body, attempts)


def delivery(event: IdentityChanged, attempts: int = 0) -> EmbeddedDelivery:
    """Return a delivery of the event whose answer can be looked at."""
    return delivered(parcel(event, attempts=attempts))


def bundle(*events: IdentityChanged, lane: Lane = Lane.BULK) -> Parcel:
    """Return the events as one message."""
    bodies = [parcel(event).body for event in events]
    return Parcel(message_id(events[0]), lane, join(bodies), events=len(bodies))


def delivered(sent: Parcel) -> EmbeddedDelivery:
    """Return a delivery of a parcel whose answer can be looked at."""
    return EmbeddedDelivery(sent, asyncio.get_running_loop().create_future())


class Platform:
    """The downstream platform, as events, operators and tests see it. Its clock never moves."""

    def __init__(self, database: DownstreamDatabase, lane: Lane = Lane.BULK) -> None:
        self.database = database
        self.inventory = Inventory(database, self.clock)
        self.states = StoredSyncStates(database)
        self.metrics = CollectorRegistry()
        reports, stop = Reports(WorkerMetrics(self.metrics)), asyncio.Event()
        self.handler = Handler(database, lane, reports, stop, self.clock)
        self.replanning = Replanning(database, reports, stop, asyncio.Event(), self.clock)

    @staticmethod
    def clock() -> int:
        return 1_000_000

    async def apply(self, *events: IdentityChanged) -> list[Applied]:
        """Apply events as one batch, and whatever waits for what they free after it."""
        batch = await apply_batch(self.database, [envelope(it) for it in events], self.clock())
        await self.replan()
        return list(batch.applied)

    async def deliver(self, *parcels: Parcel) -> None:
        """Let the worker handle parcels, and whatever waits for what they free after them."""
        deliveries = [delivered(it) for it in parcels]
        await self.handler.handle(deliveries)
        assert {it.outcome.result() for it in deliveries} == {Confirmed()}
        await self.replan()

    async def outcomes(self, *events: IdentityChanged) -> list[Outcome]:
        """Apply events and return what became of each."""
        return [one.plan.outcome for one in await self.apply(*events)]

    async def replan(self) -> None:
        """Plan again until nobody is due."""
        while await self.replanning.replan_due():
            pass

    async def accounts(self) -> list[ListedAccount]:
        """Return all accounts, removed ones last."""
        return [account async for account in self.inventory.accounts.of_workspace(WORKSPACE)]

    async def devices(self) -> list[ListedDevice]:
        """Return all devices."""
        return [device async for device in self.inventory.devices.of_workspace(WORKSPACE)]

    async def state(self, identity: str = "ada") -> SyncState | None:
        """Return how far an identity has come."""
        return (await self.states.of("okta", [identity])).get(identity)

    async def reasons(self, identity: str = "ada") -> list[str]:
        """Return why an identity is refused at present."""
        state = await self.state(identity)
        return [] if state is None else [refusal.reason for refusal in state.refusals]

    async def count(self, table: str) -> int:
        """Return how many rows there are."""
        async with self.database.read() as db:
            rows = await db.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608
            return int(rows.scalar_one())

    async def poison(self, *, transient: bool) -> None:
        """Make the database itself refuse whatever is about the identity "poisoned"."""
        async with self.database.write() as db:
            if db.dialect.name == "postgresql":
                sqlstate = "40001" if transient else "22023"
                await db.exec_driver_sql(POSTGRES_POISON.format(sqlstate=sqlstate))
                await db.exec_driver_sql(POSTGRES_TRIGGER)
                return
            twice = "INSERT INTO workspaces VALUES ('twice')"
            abort = "SELECT RAISE(ABORT, 'ada@acme.test')"
            statement = f"{twice}; {twice}" if transient else abort
            await db.exec_driver_sql(SQLITE_POISON.format(statement=statement))

    async def heal(self) -> None:
        """Undo the poison."""
        async with self.database.write() as db:
            of_table = " ON sync_records" if db.dialect.name == "postgresql" else ""
            await db.exec_driver_sql(f"DROP TRIGGER spoiling{of_table}")


@asynccontextmanager
async def held(platform: Platform, statement: str) -> AsyncIterator[None]:
    """Hold rows, as somebody does who forgets a session in the middle of a transaction."""
    async with platform.database.write() as forgotten:
        await forgotten.execute(text(statement))
        yield
