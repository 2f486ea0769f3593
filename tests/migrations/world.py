"""Who lives in the databases that are migrated? People of every fate, on every portal."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client import CollectorRegistry
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col

from api.admin.connections import create_connection
from api.app import create_app
from api.directory.database import DirectoryDatabase
from api.directory.tables import Schedule, Token
from api.metrics import ApiMetrics
from api.reconciliation import Comparison, Reconciliation
from api.relay import Relay
from api.repair import repair
from api.scim.authentication import digest_of
from contracts.clock import now
from contracts.identity_changed import Trace, decode, encode
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    CreateEmployee,
    CreateMdmEmployee,
    DashboardRules,
    MdmRules,
    RemoveCollaborator,
    RemoveEmployee,
    Role,
    RoleLine,
    Rules,
    StoreRules,
    UnassignDevices,
)
from contracts.topology import Lane
from deploy.databases import open_engines
from deploy.migrations import migrate
from deploy.opened import Databases
from tests.ingress import GROUP, PATCH, PUBLIC_URL, USER
from tests.installation import Courier
from tests.unit.worker.stories import STORE, joiner
from worker.database import DownstreamDatabase
from worker.drift import PlannedAssertions
from worker.inventory import Inventory
from worker.retries import FailureKind
from worker.statements.failures import Failed, record_failure
from worker.sync_states import StoredSyncStates

WORKSPACE = "Acme"
RULES: Mapping[str, Rules] = {
    "acme-store": StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee()),
    "acme-store-2": StoreRules(on_create=CreateEmployee(), on_deactivate=RemoveEmployee()),
    "acme-dashboard": DashboardRules(
        on_create=CreateCollaborator(role=Role.VIEWER),
        on_deactivate=RemoveCollaborator(),
        role_map=(RoleLine(name="Admins", role=Role.ADMIN),),
    ),
    "acme-mdm": MdmRules(on_create=CreateMdmEmployee(), on_deactivate=UnassignDevices()),
    "acme-mdm-2": MdmRules(on_create=CreateMdmEmployee(), on_deactivate=ChangePolicy(policy="Q")),
}


def token_of(connection: str) -> str:
    """Return the token of a connection, which its row cannot tell."""
    return f"muster_recorded-{connection}"


@dataclass(frozen=True, slots=True)
class World:
    """Both databases, with the code of now on top."""

    databases: Databases
    http: httpx.AsyncClient

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
        reconciliation = Reconciliation(self.databases.directory, states, now())
        return await reconciliation.compare(PlannedAssertions(self.databases.downstream))

    async def repair(self) -> None:
        """Set right what a comparison finds."""
        await repair(self.databases.directory, (await self.compare()).findings, now())
        await self.deliver()

    async def emails(self) -> set[str | None]:
        """Return the addresses of all accounts."""
        accounts = Inventory(self.databases.downstream).list_accounts(WORKSPACE)
        return {account.email async for account in accounts}

    # --- what fills every table ---------------------------------------------------------------

    async def live(self) -> None:
        """Let people come, move and go; some are refused, one fails, one waits to be published."""
        inventory = Inventory(self.databases.downstream)
        await inventory.add_policy(WORKSPACE, "Office")
        await self._connect()
        store = [await self.joins("acme-store", name) for name in ("ada", "ben", "eve", "kim")]
        inner = await self.group("acme-store", "Weavers", *store[:2])
        await self.group("acme-store", "Everyone", inner, store[2])
        await self.joins("acme-store-2", "ada")  # a conflict
        admin = await self.joins("acme-dashboard", "grace")
        await self.group("acme-dashboard", "Admins", admin)
        holders = [
            await self.joins("acme-mdm", "hal"),
            await self.joins("acme-mdm-2", "ida"),
        ]
        await self.deliver()
        for number, name in enumerate(("hal", "ida")):
            serial, address = f"LAPTOP-{number}", f"{name}@example.com"
            await inventory.add_device(WORKSPACE, serial, policy="Office", assigned_to=address)
        await self.leaves("acme-mdm", holders[0])
        await self.leaves("acme-mdm-2", holders[1])  # an unknown policy
        await self.leaves("acme-dashboard", admin)  # the last Admin
        await self.leaves("acme-store", store[1])
        await self.send("acme-store", "DELETE", f"/Users/{store[2]}")
        await self.deliver()
        await self._fail(store[3])
        await self.joins("acme-store", "new")  # a mark

    async def _connect(self) -> None:
        for connection, rules in RULES.items():
            made = await create_connection(self.databases.directory, WORKSPACE, rules, now())
            assert made.id == connection
            async with self.databases.directory.write() as db:
                digest = digest_of(token_of(connection))
                of_connection = col(Token.connection_id) == connection
                await db.execute(update(Token).where(of_connection).values(digest=digest))
        async with self.databases.directory.write() as db:
            table = Schedule.__table__  # type: ignore[attr-defined]
            await db.execute(table.insert().values(name="sweep", due_at=now()))

    async def _fail(self, identity: str) -> None:
        """Record that somebody's next event was given up."""
        event = joiner(STORE, identity=identity).model_copy(
            update={"connection": "acme-store", "version": now()}
        )
        envelope = decode(encode(event, Trace(correlation_id="c-1")))
        failed = Failed(envelope, FailureKind.EXHAUSTED, "DBAPIError 40001", 5)
        async with self.databases.downstream.write() as db:
            await record_failure(db, failed, now())


@asynccontextmanager
async def world_on(databases: Databases) -> AsyncIterator[World]:
    """Serve two databases, whatever lies there."""
    app = create_app(databases.directory, PUBLIC_URL, ApiMetrics(CollectorRegistry()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        yield World(databases, http)


@asynccontextmanager
async def opened(directory: str, downstream: str) -> AsyncIterator[Databases]:
    """Open two databases."""
    async with AsyncExitStack() as stack:
        pairs = [open_engines(url) for url in (directory, downstream)]
        for engine in (engine for pair in pairs for engine in pair):
            stack.push_async_callback(engine.dispose)
        yield Databases(DirectoryDatabase(*pairs[0]), DownstreamDatabase(*pairs[1]))


@asynccontextmanager
async def migrated_world(directory: str, downstream: str) -> AsyncIterator[World]:
    """Serve two empty databases, in the newest schemas."""
    async with opened(directory, downstream) as databases:
        await migrate(databases)
        async with world_on(databases) as world:
            yield world
