"""On what do faults act? Servers behind proxies, a fleet, a load, and who judges it all."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from aio_pika import connect
from sqlalchemy import text

from contracts.topology import Topology
from tests.end_to_end.installation import Installation
from tests.end_to_end.okta import Tally
from tests.end_to_end.stored import Stored, Stores, stores_of
from tests.faults.distributed.device_holders import DeviceHolder
from tests.faults.distributed.fleet import Fleet, running_fleet
from tests.faults.distributed.judge import AppSeen, Seen, Verdict, judge
from tests.faults.distributed.load import HANDS, AppLoad, Load, running_load
from tests.faults.distributed.patient_app import PatientApp
from tests.tcp_proxy import TcpProxy

RULES = {
    "dashboard": (
        *("--on-create", "create-collaborator", "--role", "viewer"),
        *("--on-deactivate", "remove-collaborator"),
        *("--map-role", "Administrators=admin", "--map-role", "Editors=editor"),
    ),
    "store": ("--on-create", "create-employee", "--on-deactivate", "remove-employee"),
    "mdm": ("--on-create", "create-mdm-employee", "--on-deactivate", "remove-user"),
}
BYSTANDERS, HOLDERS = 5, 3
LASTING_ADMIN = "root@acme.test"
"""Made by hand, so that no Admin who leaves is the last one."""

ANSWER_SECONDS = 90
"""Longer than the api waits for a database, so that no request is given up that may still do
something."""

SETTLE_SECONDS = 180
"""Longer than a mark waits for the relay that has leased it, and any fault."""

LET_LEASES_LAPSE = """
UPDATE identities SET due_at = 0 WHERE (connection_id, id) IN (
    SELECT connection_id, id FROM identities
    WHERE dirty_lane IS NOT NULL AND due_at <> changed_at
    FOR UPDATE SKIP LOCKED
)
"""
"""Whose time is that of the change has no lease, and has to be taken at that."""

WATCH_DEVICES = """
CREATE TABLE device_releases (serial text NOT NULL);
CREATE FUNCTION note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.assigned_to IS NOT NULL AND NEW.assigned_to IS NULL THEN
        INSERT INTO device_releases VALUES (OLD.serial);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER watched AFTER UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION note_release();
"""
"""The database itself counts what is done to devices, whatever Muster's own ledger says."""


@dataclass(slots=True)
class Site:
    """All of it."""

    installation: Installation
    broker: TcpProxy
    database: TcpProxy
    fleet: Fleet
    apps: list[PatientApp]
    holders: list[DeviceHolder]
    load: Load
    stores: Stores
    drawn: random.Random
    folder: Path
    counts: Counter[str]
    began: float = field(default_factory=time.monotonic)

    def note(self, what: str, **details: Any) -> None:
        """Add a line to the history."""
        at = round(time.monotonic() - self.began, 3)
        with (self.folder / "history.jsonl").open("a") as history:
            history.write(json.dumps({"at": at, "what": what} | details) + "\n")

    @asynccontextmanager
    async def superuser(self, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """Connect to a database with every right, past the proxy."""
        db = await asyncpg.connect(self.installation.database_url(database, role="postgres"))
        try:
            yield db
        finally:
            await db.close()

    async def judged(self) -> Verdict:
        """Hold the load, wait until nothing is pending, or in vain, and judge."""
        async with self.load.held():
            before = time.monotonic()
            stored = await self.settled()
            verdict = judge(await self._seen(stored))
            seconds = round(time.monotonic() - before, 1)
        self.note(
            "judged", seconds=seconds, **verdict.counts, details=[
                *verdict.lost[:20], *verdict.duplicated[:20], *verdict.unexpected[:20]
            ],
        )  # fmt: skip
        return verdict

    async def let_leases_lapse(self) -> None:
        """Make every leased mark due, as if its minute had passed."""
        async with self.stores.directory.begin() as db:
            await db.execute(text(LET_LEASES_LAPSE))

    async def settled(self) -> Stored:
        """Wait until everything that was acknowledged is applied, or until that is in vain."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while (stored := await self.stores.read()).lagging and time.monotonic() < deadline:
            await self.let_leases_lapse()
            await asyncio.sleep(0.5)
        return stored

    async def _seen(self, stored: Stored) -> Seen:
        apps = [
            AppSeen(
                app,
                await app.listed("/Users"),
                await app.listed("/Groups"),
                frozenset(person.user_name for person in app.departed),
                frozenset({LASTING_ADMIN}),
            )
            for app in self.apps
        ]
        expected: Counter[str] = Counter()
        for holder in self.holders:
            expected += holder.released
        return Seen(
            apps=apps,
            stored=stored,
            releases=await self._releases(),
            expected_releases=expected,
            dead_letters=await self._dead_letters(),
            recovered=self.counts["recovered"],
        )

    async def _releases(self) -> Counter[str]:
        async with self.stores.downstream.connect() as db:
            return Counter((await db.execute(text("SELECT serial FROM device_releases"))).scalars())

    async def _dead_letters(self) -> int:
        async with await connect(self.installation.broker_url("muster-topology")) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(Topology().dead_letters, passive=True)
            return queue.declaration_result.message_count or 0


@asynccontextmanager
async def running_site(installation: Installation, folder: Path, seed: int) -> AsyncIterator[Site]:
    """Set it all up on servers with schemas and topology; the load is going."""
    drawn = random.Random(seed)  # noqa: S311  # moments and choices, not secrets
    async with AsyncExitStack() as stack:
        broker, database = [
            await stack.enter_async_context(TcpProxy(server.host, server.port).serving())
            for server in (installation.broker, installation.postgres)
        ]
        behind = replace(
            installation,
            broker=replace(installation.broker, host="127.0.0.1", port=broker.port),
            postgres=replace(installation.postgres, host="127.0.0.1", port=database.port),
        )
        stores = await stack.enter_async_context(stores_of(installation))
        async with stores.downstream.begin() as db:
            raw = (await db.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.execute(WATCH_DEVICES)
        fleet = await stack.enter_async_context(running_fleet(behind, folder))
        opened = await _switched_on(installation)
        counts: Counter[str] = Counter()

        apps = []
        for (workspace, portal), told in opened.items():
            http = httpx.AsyncClient(
                headers={"Authorization": f"Bearer {told['token']}"}, timeout=ANSWER_SECONDS
            )
            apps.append(
                PatientApp(
                    told["connection"],
                    workspace,
                    portal,
                    await stack.enter_async_context(http),
                    cycle(fleet.origins),
                    Tally(),
                    counts=counts,
                )
            )
        *company, bystanders = apps
        for number in range(BYSTANDERS):
            await bystanders.assign(f"bystander-{number}")
        holders = [DeviceHolder(company[-1], stores, f"LAPTOP-{n}") for n in range(HOLDERS)]
        hands: list[Callable[[], Awaitable[None]]] = [holder.write for holder in holders]
        for each in company:
            hands += [AppLoad(each, random.Random(drawn.random())).write] * HANDS  # noqa: S311
        load = Load(hands)
        site = Site(
            installation=installation,
            broker=broker,
            database=database,
            fleet=fleet,
            apps=apps,
            holders=holders,
            load=load,
            stores=stores,
            drawn=drawn,
            folder=folder,
            counts=counts,
        )
        await stack.enter_async_context(running_load(load))
        yield site


async def _switched_on(installation: Installation) -> dict[tuple[str, str], dict[str, Any]]:
    """Switch SCIM on for each portal of one workspace, and for one of another; an Admin lasts."""
    where = [*(("acme", portal) for portal in RULES), ("other", "store")]
    admin = ("accounts", "add", "acme", "dashboard", LASTING_ADMIN, "--role", "admin")
    async with asyncio.TaskGroup() as commands:
        commands.create_task(installation.command(*admin))
        told = {
            (workspace, portal): commands.create_task(
                installation.connect(workspace, portal, *RULES[portal])
            )
            for workspace, portal in where
        }
    return {place: answer.result() for place, answer in told.items()}
