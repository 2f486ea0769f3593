"""On what is noise made? On ``muster run``, with a victim and a look at its memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import create_async_engine

from api.admin.connections import create_connection
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from deploy.database_urls import async_url
from deploy.databases.engines import open_engines
from tests.drivers.in_process import RULES, Ingress
from tests.drivers.muster_process import MusterProcess
from tests.neighbours.judgement import Served
from tests.neighbours.noise import Noise
from tests.neighbours.noise_process import noise_process
from tests.neighbours.requests import Tenant, user
from tests.neighbours.victim import Victim
from tests.neighbours.wire_request import Request
from tests.servers.ports import free_port

STAYING, LEAVING = 50, 400
"""People of the victim; of those who will leave there are enough for every trial."""

ANSWER_SECONDS = 60
IDLE_SHARE, IDLE_SECONDS = 0.05, 0.3
"""A process that takes so little of a processor, for so long, has nothing left to do."""

QUIET_SECONDS = 120


@dataclass(frozen=True, slots=True)
class ServedProcess:
    """A server with one victim, to which noisy tenants come and go."""

    muster: MusterProcess
    process: psutil.Process
    database: DirectoryDatabase
    victim: Victim

    @asynccontextmanager
    async def tenant(self, workspace: str) -> AsyncIterator[Tenant]:
        """Switch SCIM on for another workspace."""
        async with _ingress(self.muster, self.database, workspace) as ingress:
            yield Tenant(ingress)

    async def served_beside(self, requests: Sequence[Request], seconds: float) -> Served:
        """Make noise once nothing is left to do, and see how the victim is served meanwhile.

        The peak of memory begins with the noise.
        """
        noise = Noise([self.muster.port], seconds, requests)
        async with AsyncExitStack() as stack:
            starting = noise_process(noise, self.muster.folder / "noise.json")
            async with asyncio.TaskGroup() as getting_ready:
                started = getting_ready.create_task(stack.enter_async_context(starting))
                getting_ready.create_task(self.until_quiet())
            process = started.result()
            self._forget_peak()

            async def noise_made() -> None:
                print(await process.finished())  # noqa: T201 - pytest shows it where the test fails

            return await self.victim.served_during(noise_made())

    async def until_quiet(self) -> None:
        """Wait until the process has nothing left to do."""
        async with asyncio.timeout(QUIET_SECONDS):
            self.process.cpu_percent()
            while True:
                await asyncio.sleep(IDLE_SECONDS)
                if self.process.cpu_percent() < 100 * IDLE_SHARE:
                    return

    def _forget_peak(self) -> None:
        """Begin to look for the most memory anew."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_mib(self) -> int:
        """Return the most memory that the process has held, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) // 1024


@asynccontextmanager
async def served_process(
    folder: Path, urls: tuple[str, str] | None
) -> AsyncIterator[ServedProcess]:
    """Run ``muster run`` on two empty databases, or on SQLite files in the folder."""
    muster = MusterProcess(folder, free_port(), databases=urls)
    await muster.start()
    assert muster.process is not None
    directory_url, downstream_url = muster.urls
    database = DirectoryDatabase(*open_engines(directory_url))
    downstream = create_async_engine(async_url(downstream_url))
    try:
        async with (
            _ingress(muster, database, "Victim") as ingress,
            httpx2.AsyncClient(
                base_url=f"http://127.0.0.1:{muster.port}", timeout=ANSWER_SECONDS
            ) as probe,
        ):
            names = [f"person-{at}@victim.test" for at in range(STAYING + LEAVING)]
            ids = await ingress.together("/Users", [user(name) for name in names])
            victim = Victim(ingress, probe, downstream, names[:STAYING], ids[STAYING:])
            yield ServedProcess(muster, psutil.Process(muster.process.pid), database, victim)
        await muster.stop()
    finally:
        if muster.process.returncode is None:
            await muster.kill()
        for engine in (database.reading, database.writing, downstream):
            await engine.dispose()


@asynccontextmanager
async def _ingress(
    muster: MusterProcess, database: DirectoryDatabase, workspace: str
) -> AsyncIterator[Ingress]:
    connection = await create_connection(database, workspace, RULES, now(), brake="off")
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{muster.port}/scim/v2/{connection.id}",
        headers={"Authorization": f"Bearer {connection.token}"},
        timeout=ANSWER_SECONDS,
    ) as client:
        yield Ingress(database, connection.id, client, CollectorRegistry())
