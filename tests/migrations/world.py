"""What is done in databases that were migrated? People come, leave and are looked at."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.reconciliation.reconcile import Comparison, Reconciliation
from api.reconciliation.repair import repair
from api.reconciliation.verdicts import Moment
from contracts.clock import now
from contracts.topology import Lane
from deploy.databases.engines import open_engines
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Courier
from tests.drivers.in_process import GROUP, PATCH, PUBLIC_URL, USER
from worker.dialects import DownstreamDatabase
from worker.drift import PlannedAssertions
from worker.platforms.sql.inventory import Inventory
from worker.sync.states import StoredSyncStates

WORKSPACE = "Acme"


def token_of(connection: str) -> str:
    """Return the token of a connection, which its row cannot tell."""
    return f"muster_recorded-{connection}"


@dataclass(frozen=True, slots=True)
class World:
    """Both databases, with the code of now on top."""

    databases: Databases
    http: httpx2.AsyncClient

    @property
    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The directory's and the other one."""
        return self.databases.directory.writing, self.databases.downstream.writing

    # --- what a provider does -----------------------------------------------------------------

    async def send(self, connection: str, method: str, path: str, body: Any = None) -> Any:
        """Send a request that is met; return what it answers."""
        answer = await self.http.request(
            method,
            f"{PUBLIC_URL}/scim/v2/{connection}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token_of(connection)}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    async def joins(self, connection: str, name: str) -> str:
        """Create somebody."""
        body = {
            "schemas": [USER],
            "userName": f"{name}@example.com",
            "externalId": name,
            "displayName": name.title(),
            "emails": [{"value": f"{name}@example.com", "primary": True, "type": "work"}],
            "roles": [{"value": "Weaver"}],
            "active": True,
        }
        return str((await self.send(connection, "POST", "/Users", body))["id"])

    async def leaves(self, connection: str, person: str) -> None:
        """Deactivate somebody."""
        operation = {"op": "replace", "path": "active", "value": False}
        body = {"schemas": [PATCH], "Operations": [operation]}
        await self.send(connection, "PATCH", f"/Users/{person}", body)

    async def group(self, connection: str, name: str, *members: str) -> str:
        """Push a group."""
        shown = [{"value": member} for member in members]
        body = {"schemas": [GROUP], "displayName": name, "members": shown}
        return str((await self.send(connection, "POST", "/Groups", body))["id"])

    # --- what Muster does ---------------------------------------------------------------------

    async def deliver(self) -> None:
        """Publish every mark and apply it."""
        courier = Courier(self.databases.downstream)
        relay = Relay(self.databases.directory, courier, ApiMetrics(CollectorRegistry()))
        for lane in Lane:
            while await relay.move(lane):
                pass

    async def compare(self) -> Comparison:
        """Compare both sides; nothing is on its way."""
        states = StoredSyncStates(self.databases.downstream)
        moment = Moment(at := now(), settled_before=at)
        reconciliation = Reconciliation(self.databases.directory, states, moment)
        return await reconciliation.compare(PlannedAssertions(self.databases.downstream))

    async def repair(self) -> None:
        """Set right what a comparison finds."""
        await repair(self.databases.directory, (await self.compare()).findings, now())
        await self.deliver()

    async def emails(self) -> set[str | None]:
        """Return the addresses of all accounts."""
        accounts = Inventory(self.databases.downstream).accounts.of_workspace(WORKSPACE)
        return {account.email async for account in accounts}


@asynccontextmanager
async def world_on(databases: Databases) -> AsyncIterator[World]:
    """Serve two databases, whatever lies there."""
    app = create_app(databases.directory, PUBLIC_URL, ApiMetrics(CollectorRegistry()))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as http:
        yield World(databases, http)


@asynccontextmanager
async def opened(directory: str, downstream: str) -> AsyncIterator[Databases]:
    """Open two databases."""
    async with AsyncExitStack() as stack:
        pairs = [open_engines(url) for url in (directory, downstream)]
        for engine in (engine for pair in pairs for engine in pair):
            stack.push_async_callback(engine.dispose)
        yield Databases(DirectoryDatabase(*pairs[0]), DownstreamDatabase(*pairs[1]))
