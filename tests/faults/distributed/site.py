"""On what do faults act? Servers behind proxies, a fleet, a load, and who judges it all."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from aio_pika import connect
from sqlalchemy import text

from contracts.topology import Topology
from tests.drivers.installation import NO_BRAKE, Installation
from tests.drivers.lapsed_leases import LET_LEASES_LAPSE
from tests.faults.distributed.device_holders import DeviceHolder
from tests.faults.distributed.fleet import Fleet, running_fleet
from tests.faults.distributed.judge import AppSeen, Seen, Verdict, judge
from tests.faults.distributed.leavers import Outage, late, waits
from tests.faults.distributed.load import HANDS, NEWCOMERS, AppLoad, Load, running_load
from tests.faults.distributed.noise_beside import noise_beside
from tests.faults.distributed.patient_app import PatientApp, patient_app
from tests.faults.distributed.recoveries import Happened, Recovery
from tests.faults.distributed.strain import Strain
from tests.faults.distributed.watches import Watches
from tests.neighbours.judgement import pace_of
from tests.neighbours.noise_process import NoiseProcess
from tests.readings.stored import Stored, Stores, stores_of
from tests.servers.tcp_proxy import TcpProxy

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
COMPANY, NOISY = "acme", "noisy"
LASTING_ADMIN = "root@acme.test"
"""Made by hand, so that no Admin who leaves is the last one."""

SETTLE_SECONDS = 180
"""Longer than a mark waits for the relay that has leased it, and any fault."""

LEAVERS_SECONDS = 30
"""Longer than leavers may take after any fault; then the rest is waited for in peace."""

LAPSE_SECONDS = 0.5
"""Between two lapses: relays that live lose their leases as well."""

LOOK_UPS, TIMES_TO_LOOK = 20, 5
"""How many look-ups tell the pace of this machine, and how often they are made."""

STATEMENT_SECONDS = 40
"""Longer than any statement of a superuser takes, be it a checkpoint on a busy disk."""

CLOSE_SECONDS = 5

BUSY_SESSIONS = """
SELECT coalesce(datname, '') AS database, backend_type AS kind, coalesce(state, '') AS state,
    concat(wait_event_type, ':', wait_event) AS waits_for,
    concat(extract(epoch FROM now() - query_start)::int, ' s: ', left(query, 80)) AS statement
FROM pg_stat_activity
WHERE state <> 'idle' AND pid <> pg_backend_pid() OR state IS NULL
"""
"""Statements have placeholders in place of values."""


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
    watches: Watches
    noise: NoiseProcess
    noisy: str
    """The connection of those who make the noise."""
    drawn: random.Random
    folder: Path
    counts: Counter[str]
    stack: AsyncExitStack
    """Ends with the site."""
    released: Counter[str] = field(default_factory=Counter)
    """How often devices have to have been released, beside those of the holders."""
    happened: list[Happened] = field(default_factory=list)
    """Since the last judgement."""
    began: float = field(default_factory=time.monotonic)

    @property
    def company(self) -> list[PatientApp]:
        """Return the apps to which the load writes."""
        return [app for app in self.apps if app.workspace == COMPANY]

    async def connect(self, portal: str, *options: str) -> PatientApp:
        """Switch SCIM on in a new workspace, of which neither the load nor the judge knows."""
        workspace = f"of-{uuid4().hex[:8]}"
        told = await self.installation.connect(workspace, portal, *RULES[portal], *options)
        app = patient_app(told, workspace, portal, self.fleet.origins, self.counts)
        return await self.stack.enter_async_context(app)

    def note(self, what: str, **details: Any) -> None:
        """Add a line to the history."""
        at = round(time.monotonic() - self.began, 3)
        with (self.folder / "history.jsonl").open("a") as history:
            history.write(json.dumps({"at": at, "what": what} | details) + "\n")

    @asynccontextmanager
    async def superuser(self, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """Connect to a database with every right, past the proxy.

        A statement that takes longer than ``STATEMENT_SECONDS`` ends with a ``TimeoutError``, and
        the history says who was busy with what.
        """
        url = self.installation.database_url(database, role="postgres")
        db = await asyncpg.connect(url, command_timeout=STATEMENT_SECONDS)
        try:
            yield db
        except TimeoutError:
            self.note("statement has no end", busy=await self._busy_sessions())
            raise
        finally:
            await db.close(timeout=CLOSE_SECONDS)

    async def _busy_sessions(self) -> list[dict[str, str]]:
        """Return what each session of the server waits for, or does."""
        db = await asyncpg.connect(self.installation.database_url("postgres", role="postgres"))
        try:
            return [dict(row) for row in await db.fetch(BUSY_SESSIONS)]
        finally:
            await db.close(timeout=CLOSE_SECONDS)

    @asynccontextmanager
    async def outage(self, recovery: Recovery) -> AsyncIterator[None]:
        """Let something go wrong in the block, while there is noise, which goes on after it."""
        self.noise.go_on()
        begun = time.time()
        try:
            yield
        finally:
            self.happened.append(Happened(begun, time.time(), recovery))

    async def somebody_has_left(self) -> None:
        """Wait until there is a leaver to judge by."""
        async with asyncio.timeout(SETTLE_SECONDS):
            while not await self.watches.leavings():
                await asyncio.sleep(0.1)

    async def judged(self) -> Verdict:
        """Hold the load, wait until nothing is pending, or in vain, and judge."""
        async with self.load.held():
            before = time.monotonic()
            happened, self.happened, lapsed = self.happened, [], time.time()
            beside_noise = await self._leavers_gone(
                lapsing=any(it.recovery.leases for it in happened)
            )
            self.noise.rest()
            stored = await self.settled()
            verdict = judge(await self._seen(stored))
            verdict.late = await self._late([it.outage(lapsed) for it in happened])
            seconds = round(time.monotonic() - before, 1)
        self.note(
            "judged", seconds=seconds, beside_noise=beside_noise, **verdict.counts, details=[
                *verdict.lost[:20], *verdict.duplicated[:20], *verdict.unexpected[:20],
                *verdict.late[:20],
            ],
        )  # fmt: skip
        return verdict

    async def _leavers_gone(self, *, lapsing: bool) -> bool:
        """Wait until nobody who has left is there, or for longer than any of them may take.

        :param lapsing: whether leases lapse, as if their minute had passed.
        """
        begun = time.monotonic()
        lapses = 0
        while (waited := time.monotonic() - begun) < LEAVERS_SECONDS:
            if lapsing and waited >= lapses * LAPSE_SECONDS:
                await self.let_leases_lapse()
                lapses += 1
            seen = waits(await self.watches.leavings(), await self.watches.applications())
            if all(seconds is not None for _, seconds in seen):
                return True
            await asyncio.sleep(0.1)
        return False

    async def _late(self, outages: list[Outage]) -> list[str]:
        leavings, applications = await self.watches.leavings(), await self.watches.applications()
        await self.watches.forget()
        took = [seconds for _, seconds in waits(leavings, applications) if seconds is not None]
        self.note("left", people=len(leavings), longest=round(max(took, default=0), 2))
        if not (found := late(leavings, applications, outages, pace=1)):
            return []
        pace = await self._pace()
        self.note("perhaps late", pace=round(pace, 1), details=found[:20])
        return late(leavings, applications, outages, pace)

    async def _pace(self) -> float:
        """Say how slowly this machine answers where nobody else asks, at its best."""
        *_, bystanders = self.apps
        paces = []
        for _ in range(TIMES_TO_LOOK):
            await asyncio.sleep(1)  # what the noise has asked for may still be on its way
            paces.append(
                pace_of([await bystanders.looked_up("bystander-0") for _ in range(LOOK_UPS)])
            )
        return min(paces)

    async def let_leases_lapse(self) -> None:
        """Make every leased mark due, as if its minute had passed."""
        async with self.stores.directory.begin() as db:
            await db.execute(text(LET_LEASES_LAPSE))

    async def settled(self) -> Stored:
        """Wait until everything that was acknowledged is applied, or until that is in vain."""
        begun = lapsing = time.monotonic()
        while (stored := await self.stores.read()).lagging:
            if (now := time.monotonic()) >= begun + SETTLE_SECONDS:
                break
            if now >= lapsing:
                await self.let_leases_lapse()
                lapsing = now + LAPSE_SECONDS
            await asyncio.sleep(0.1)
        return stored

    async def _seen(self, stored: Stored) -> Seen:
        paths = ("/Users", "/Groups")
        async with asyncio.TaskGroup() as looks:
            shown = [[looks.create_task(app.listed(it)) for it in paths] for app in self.apps]
        apps = [
            AppSeen(
                app,
                users.result(),
                groups.result(),
                frozenset(person.user_name for person in app.departed),
                frozenset({LASTING_ADMIN}),
            )
            for app, (users, groups) in zip(self.apps, shown, strict=True)
        ]
        expected = +self.released
        for holder in self.holders:
            expected += holder.released
        return Seen(
            apps=apps,
            stored=stored,
            releases=await self.watches.releases(),
            expected_releases=expected,
            dead_letters=await self._dead_letters(),
            recovered=self.counts["recovered"],
        )

    async def _dead_letters(self) -> int:
        async with await connect(self.installation.broker_url("muster-topology")) as connection:
            channel = await connection.channel()
            queue = await channel.declare_queue(Topology().dead_letters, passive=True)
            return queue.declaration_result.message_count or 0


@asynccontextmanager
async def running_site(
    installation: Installation, folder: Path, seed: int, strain: Strain
) -> AsyncIterator[Site]:
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
        fleet = await stack.enter_async_context(running_fleet(behind, folder))
        opened = await _switched_on(installation)
        noisy = opened.pop((NOISY, "store"))
        stores = replace(stores, ignored=(NOISY, noisy["connection"]))
        watches = Watches(stores)
        await watches.begin(noisy["connection"])
        noise = await stack.enter_async_context(
            noise_beside(installation, fleet.origins, noisy, folder, strain.noise)
        )
        counts: Counter[str] = Counter()

        apps = [
            await stack.enter_async_context(patient_app(told, *place, fleet.origins, counts))
            for place, told in opened.items()
        ]
        *company, bystanders = apps
        for number in range(BYSTANDERS):
            await bystanders.assign(f"bystander-{number}")
        holders = [DeviceHolder(company[-1], stores, f"LAPTOP-{n}") for n in range(HOLDERS)]
        hands: list[Callable[[], Awaitable[None]]] = [holder.write for holder in holders]
        for each in company:
            of_app = AppLoad(each, random.Random(drawn.random()))  # noqa: S311
            for _ in range(NEWCOMERS):
                await of_app.join()
            hands += [*[of_app.write] * HANDS, of_app.leave]
        load = Load(hands, strain.hand)
        site = Site(
            installation=installation,
            broker=broker,
            database=database,
            fleet=fleet,
            apps=apps,
            holders=holders,
            load=load,
            stores=stores,
            watches=watches,
            noise=noise,
            noisy=noisy["connection"],
            drawn=drawn,
            folder=folder,
            counts=counts,
            stack=stack,
        )
        await stack.enter_async_context(running_load(load))
        yield site


async def _switched_on(installation: Installation) -> dict[tuple[str, str], dict[str, Any]]:
    """Switch SCIM on for each portal of one workspace, and for one of others; an Admin lasts."""
    where = [*((COMPANY, portal) for portal in RULES), ("other", "store"), (NOISY, "store")]
    add = ("accounts", "add", COMPANY, "dashboard", "--new-workspace")
    admin = (*add, LASTING_ADMIN, "--role", "admin")
    async with asyncio.TaskGroup() as commands:
        commands.create_task(installation.command(*admin))
        told = {
            (workspace, portal): commands.create_task(
                installation.connect(workspace, portal, *RULES[portal], *NO_BRAKE)
            )
            for workspace, portal in where
        }
    return {place: answer.result() for place, answer in told.items()}
