"""How does the demo get a past? The parts of a single process run in it, by a clock that is behind.

Requests go through the real api, marks through a real relay, and events through a real worker, so
that both databases agree as in any other installation.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from api.admin.administration import Administration
from api.admin.connections import Credentials
from api.app import create_app
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.requests.log import RequestLog
from api.requests.request_book import RequestBook
from api.requests.token_uses import TokenUses
from contracts.clock import now
from contracts.embedded_transport import EmbeddedTransport
from contracts.rules import Portal
from contracts.topology import Lane
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.demo.okta import Okta
from deploy.processes.background_tasks import running_in_background
from deploy.settings import Settings
from worker.consume import Worker
from worker.metrics import WorkerMetrics
from worker.platforms.sql.inventory import Inventory

HOUR = 3_600_000_000
"""Microseconds."""


@dataclass(slots=True)
class LateClock:
    """A clock that is behind by a number of hours, and goes on as time does."""

    hours: float

    def __call__(self) -> int:
        return now() - round(self.hours * HOUR)


@dataclass(slots=True)
class Past:
    """The parts of an installation at an earlier time, and the apps of the provider."""

    clock: LateClock
    it: Administration
    api: ASGIApp
    relay: Relay
    apps: dict[Portal, Okta] = field(default_factory=dict)

    async def goes_on(self, hours_ago: float) -> None:
        """Let all that was changed so far arrive, then put the clock forward."""
        await self.settle()
        assert hours_ago <= self.clock.hours
        self.clock.hours = hours_ago

    async def settle(self) -> None:
        """Publish all marks, each of which is cleared once the worker has committed."""
        for lane in Lane:
            while await self.relay.move(lane):
                pass

    def connection(self, portal: Portal) -> str:
        """Return the id of a portal's connection."""
        return self.apps[portal].credentials.connection

    def connect(self, connections: Mapping[Portal, Credentials]) -> None:
        """Tell the provider of connections."""
        self.apps = {portal: Okta(self.api, it) for portal, it in connections.items()}


@asynccontextmanager
async def living_in_the_past(
    databases: Databases, settings: Settings, hours_ago: float
) -> AsyncIterator[Past]:
    """Run the parts with a clock that is behind. Work that has begun is finished."""
    directory, downstream, clock = databases.directory, databases.downstream, LateClock(hours_ago)
    metrics, transport = ApiMetrics(CollectorRegistry()), EmbeddedTransport()
    log = RequestLog(directory, metrics.unlogged_requests, clock)
    book = RequestBook(log, TokenUses(directory, clock), settings.proxies)
    api = create_app(directory, settings.base, metrics, on_answer=book.note, clock=clock)
    devices = Inventory(downstream, clock).devices
    relay = Relay(directory, transport, metrics, clock, devices=devices)
    worker = Worker(downstream, transport, WorkerMetrics(CollectorRegistry()), clock)
    past = Past(clock, administration_of(databases, settings, clock), api, relay)
    async with running_in_background(worker.run):
        yield past
        await past.settle()
    await log.write()
    await book.uses.write()
