"""What is shot at? Several processes of each part, each started again whenever it has ended."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx2

from tests.drivers.forked_muster import fork_server
from tests.drivers.installation import Installation, is_ready
from tests.drivers.muster_process import START_SECONDS
from tests.faults.distributed.orders import Orders
from tests.faults.distributed.process_under_orders import run_part
from tests.servers.ports import free_port

SIZE = {"api": 2, "relay": 1, "worker": 2}
"""The apis have a relay each, so that three of them share the marks."""

STOP_SECONDS = 60
PAUSE = 0.2
"""Seconds before a process starts again that has ended by itself: its servers are away."""


@dataclass(slots=True)
class Member:
    """One place in the fleet, and the process that is in it at present."""

    name: str
    part: str
    settings: dict[str, str] = field(repr=False)
    folder: Path
    origin: str
    """Where an api answers."""
    metrics: str
    orders: Orders
    exits: list[int] = field(default_factory=list)
    """How its processes ended; the number of a signal is negative."""
    process: ForkServerProcess | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Condition = field(default_factory=asyncio.Condition)
    stopping: bool = False

    @property
    def output(self) -> Path:
        """What its processes have printed."""
        return self.folder / f"{self.name}.txt"

    async def keep_running(self) -> None:
        """Start a process whenever there is none, until told to stop."""
        while not self.stopping:
            process = fork_server().Process(
                target=run_part,
                args=(self.part, self.settings, self.folder / f"{self.name}.orders", self.output),
            )
            process.start()
            self.process = process
            self.started.set()
            status = await _end_of(process)
            self.started.clear()
            self.process = None
            process.close()
            async with self.ended:
                self.exits.append(status)
                self.ended.notify_all()
            if status != -signal.SIGKILL:
                await asyncio.sleep(PAUSE)

    async def kill(self) -> None:
        """End its process with SIGKILL, and return once it has."""
        await self.started.wait()
        before = len(self.exits)
        self.send(signal.SIGKILL)
        await self.killed(before)

    async def killed(self, after: int) -> None:
        """Return once one more process than so many has ended, by SIGKILL."""
        async with self.ended:
            await self.ended.wait_for(lambda: -signal.SIGKILL in self.exits[after:])

    def send(self, number: int) -> None:
        """Send a signal to its process, if there is one."""
        if self.process is not None and self.process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)


@dataclass(slots=True)
class Fleet:
    """All members."""

    members: list[Member]

    def of(self, part: str) -> list[Member]:
        """Return the members that run a part."""
        return [member for member in self.members if member.part == part]

    @property
    def origins(self) -> list[str]:
        """Return where the apis answer."""
        return [member.origin for member in self.of("api")]

    async def ready(self) -> None:
        """Return once every process says that it is ready."""
        async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient() as http:
            await asyncio.gather(*(is_ready(http, member.metrics) for member in self.members))

    def exits(self) -> Iterator[tuple[str, int]]:
        """Give how processes have ended, other than by SIGKILL."""
        for member in self.members:
            for status in member.exits:
                if status != -signal.SIGKILL:
                    yield member.part, status


@asynccontextmanager
async def running_fleet(installation: Installation, folder: Path) -> AsyncIterator[Fleet]:
    """Run a fleet on servers that are reached where the installation says."""
    members = [
        _member(installation, part, number, folder)
        for part, most in SIZE.items()
        for number in range(most)
    ]
    fleet = Fleet(members)
    async with asyncio.TaskGroup() as tasks:
        for member in members:
            tasks.create_task(member.keep_running())
        try:
            await fleet.ready()
            yield fleet
        finally:
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*map(_stop, members))


def _member(installation: Installation, part: str, number: int, folder: Path) -> Member:
    port, metrics_port = free_port(), free_port()
    name = f"{part}-{number}"
    return Member(
        name=name,
        part=part,
        settings=installation.settings_of(part, port, metrics_port),
        folder=folder,
        origin=f"http://127.0.0.1:{port}",
        metrics=f"http://127.0.0.1:{metrics_port}",
        orders=Orders(folder / f"{name}.orders"),
    )


async def _stop(member: Member) -> None:
    member.stopping = True
    member.send(signal.SIGTERM)
    member.send(signal.SIGCONT)  # it may have been stopped
    while member.process is not None:
        await asyncio.sleep(0.05)


async def _end_of(process: ForkServerProcess) -> int:
    """Wait for the end of a process, and return its exit status."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()
    assert process.exitcode is not None
    return process.exitcode
