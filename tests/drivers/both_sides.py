"""How do tests drive both sides at once? With a courier in between who may lose parcels."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from sqlalchemy import Executable

from api.admin.administration import Administration, Downstream
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.reconciliation.reconcile import Comparison, Reconciliation
from api.reconciliation.repair import bring_back, repair
from api.reconciliation.verdicts import Finding, Moment
from contracts.clock import now
from contracts.downstream.accounts import ListedAccount
from contracts.identity_changed import decode
from contracts.rules import CreateEmployee, RemoveEmployee, Rules, StoreRules
from contracts.topology import Lane
from contracts.transport import Backlog, Confirmed, Parcel, PublishOutcome, TransportState
from deploy.databases.engines import open_engines
from deploy.databases.open_databases import Databases
from tests.drivers.in_process import PUBLIC_URL, Ingress, ingress_on, opened_directory
from worker.apply import apply_batch
from worker.conflicts import StoredConflicts
from worker.dialects import DownstreamDatabase
from worker.drift import PlannedAssertions
from worker.metrics import WorkerMetrics
from worker.platforms.sql.inventory import Inventory
from worker.preview import PlannedPreview
from worker.replan_refused import Replanning
from worker.reports import Reports
from worker.sync.failures import StoredFailures
from worker.sync.states import StoredSyncStates
from worker.sync.stored_problems import StoredProblems

RULES = StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee())


@dataclass(slots=True)
class Courier:
    """A publisher that applies what it is given at once, or loses it on the way."""

    downstream: DownstreamDatabase
    loses: bool = False
    backlog: Backlog | None = field(default_factory=lambda: Backlog(dict.fromkeys(Lane, 0)))

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        if not self.loses:
            await apply_batch(self.downstream, [decode(it.body) for it in parcels], now())
        return [Confirmed() for _ in parcels]

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        return TransportState(connected=True, backlog=self.backlog)


@dataclass(slots=True)
class Installation:
    """Both sides, in the hands of a test."""

    ingress: Ingress
    downstream: DownstreamDatabase
    courier: Courier
    registry: CollectorRegistry
    metrics: ApiMetrics
    reports: Reports = field(default_factory=lambda: Reports(WorkerMetrics(CollectorRegistry())))
    seconds_ahead: float = 0

    def clock(self) -> int:
        """Return a time that is as far ahead as the test has moved it."""
        return now() + int(self.seconds_ahead * 1_000_000)

    @property
    def states(self) -> StoredSyncStates:
        return StoredSyncStates(self.downstream)

    @property
    def inventory(self) -> Inventory:
        return Inventory(self.downstream)

    @property
    def administration(self) -> Administration:
        """Return what use cases work with, on both sides."""
        downstream = Downstream(
            self.states,
            StoredFailures(self.downstream),
            self.inventory.policies,
            self.inventory.workspaces,
            self.inventory.accounts,
            self.inventory.devices,
            self.inventory.histories,
            PlannedPreview(self.downstream),
            StoredConflicts(self.downstream),
            StoredProblems(self.downstream),
        )
        return Administration(self.ingress.database, downstream, PUBLIC_URL, self.clock)

    async def replan(self) -> None:
        """Plan refused identities again until none is due."""
        stop, freed = asyncio.Event(), asyncio.Event()
        replanning = Replanning(self.downstream, self.reports, stop, freed, self.clock)
        while await replanning.replan_due():
            pass

    async def deliver(self, *, lost: bool = False) -> None:
        """Publish every mark; the courier applies it, or loses it."""
        self.courier.loses = lost
        relay = Relay(
            self.ingress.database,
            self.courier,
            self.metrics,
            self.clock,
            devices=self.inventory.devices,
        )
        for lane in Lane:
            while await relay.move(lane):
                pass

    async def compare(self, settled_before: int | None = None) -> Comparison:
        """Compare both sides; without a time nothing is on its way."""
        now = self.clock()
        moment = Moment(now, now if settled_before is None else settled_before)
        reconciliation = Reconciliation(self.ingress.database, self.states, moment)
        return await reconciliation.compare(PlannedAssertions(self.downstream))

    async def fix(self) -> int:
        """Repair what a comparison finds."""
        comparison = await self.compare()
        return await repair(self.ingress.database, comparison.findings, self.clock())

    async def bring_back(self, leavers: Sequence[Finding] | None = None) -> int:
        """Bring back people, or whoever has left downstream, unknown to the directory."""
        found = (await self.compare()).leavers if leavers is None else leavers
        return await bring_back(self.ingress.database, found, self.clock())

    async def accounts(self) -> list[ListedAccount]:
        """Return all accounts."""
        return [each async for each in self.inventory.accounts.of_workspace("Acme")]

    async def by_hand(self, statement: Executable) -> None:
        """Do to downstream what no event explains."""
        async with self.downstream.write() as db:
            await db.execute(statement)


@asynccontextmanager
async def installation_on(
    databases: Databases, rules: Rules = RULES, *, workspace: str = "Acme"
) -> AsyncIterator[Installation]:
    """Switch SCIM on, for an Enterprise Store unless said otherwise, on migrated databases."""
    registry = CollectorRegistry()
    courier, metrics = Courier(databases.downstream), ApiMetrics(registry)
    async with ingress_on(databases.directory, rules, workspace=workspace) as ingress:
        yield Installation(ingress, databases.downstream, courier, registry, metrics)


@asynccontextmanager
async def opened_on_both_sides(directory_url: str, downstream_url: str) -> AsyncIterator[Databases]:
    """Open a directory and a downstream that are migrated."""
    reading, writing = open_engines(downstream_url)
    async with opened_directory(directory_url) as directory:
        yield Databases(directory, DownstreamDatabase(reading, writing))
    await reading.dispose()
    await writing.dispose()
