"""How do tests run Muster as a process of its own, and end it the hard way?

Each process is a new interpreter here. ``forked_muster`` has the same for a fortieth of the time.
"""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import httpx2

from tests.servers.services import environment_with

MUSTER = (sys.executable, "-m", "deploy.cli")
START_SECONDS = 180
"""Five seconds of a processor for one that makes the demo and has no bytecode yet, of which a busy
machine may give it a thirtieth."""


class Process(Protocol):
    """A process of Muster; an ``asyncio.subprocess.Process`` is one."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def send_signal(self, signal: int, /) -> None: ...

    def kill(self) -> None: ...

    async def wait(self) -> int: ...


@asynccontextmanager
async def running_part(
    name: str, environment: dict[str, str], log: BinaryIO | None = None, *options: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a part. Whatever it prints goes to the log."""
    process = await asyncio.create_subprocess_exec(
        *MUSTER,
        name,
        *options,
        env=environment,
        stdout=log or asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.STDOUT if log else None,
    )
    async with stopped_well(process):
        yield process


@asynccontextmanager
async def stopped_well(process: Process) -> AsyncIterator[None]:
    """Stop a process at the end, as an orchestrator does, which it takes well.

    A process that a test has ended itself by then is left to the test.
    """
    try:
        yield
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(slots=True)
class MusterProcess:
    """One installation with a folder of its own: its commands, and ``muster run``."""

    folder: Path
    port: int
    databases: tuple[str, str] | None = None
    """The URLs of the directory and of downstream, where these are no files in the folder."""
    process: Process | None = None
    more_settings: Mapping[str, str] = field(default_factory=dict)
    """What the installation is told beside that."""
    program: tuple[str, ...] = MUSTER
    """What is called as ``muster``."""

    @property
    def urls(self) -> tuple[str, str]:
        """Return the URLs of the directory and of downstream."""
        files = (f"sqlite:///{self.folder}/{it}.sqlite3" for it in ("directory", "downstream"))
        return self.databases or (next(files), next(files))

    @property
    def environment(self) -> dict[str, str]:
        """The settings of this installation."""
        directory, downstream = self.urls
        settings = {
            "MUSTER_DIRECTORY_DATABASE_URL": directory,
            "MUSTER_DOWNSTREAM_DATABASE_URL": downstream,
            "MUSTER_PORT": str(self.port),
            "MUSTER_ADMIN_PORT": "0",
            "MUSTER_METRICS_PORT": "0",
            "MUSTER_RATE_EACH": "off",  # one connection sends what many would
            "MUSTER_LOG_LEVEL": "warning",
        }
        return environment_with(**settings | dict(self.more_settings))

    def command(self, *arguments: str) -> Any:
        """Run a command to its end and return the JSON that it prints."""
        done = self._done(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def printed(self) -> str:
        """Return what the last server has printed so far, errors included."""
        return self._output.read_text()

    async def start(self, *options: str) -> None:
        """Run the server and wait until it answers."""
        with self._output.open("wb") as output:
            self.process = await self._begun("run", *options, output=output)
        async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient() as http:
            while not await self._answers(http):
                assert self.process.returncode is None, "muster run ended by itself"
                await asyncio.sleep(0.02)  # a port gives no event to wait for

    async def kill(self) -> None:
        """End the server with SIGKILL: it gets no chance to finish anything."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """End the server as Ctrl-C does; return its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return await self.process.wait()

    def _done(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603  # our own command
            [*self.program, *arguments],
            env=self.environment,
            capture_output=True,
            check=False,
            text=True,
        )

    async def _begun(self, *arguments: str, output: BinaryIO) -> Process:
        return await asyncio.create_subprocess_exec(
            *self.program, *arguments, env=self.environment, stdout=output, stderr=output
        )

    @property
    def _output(self) -> Path:
        return self.folder / "output.txt"

    async def _answers(self, http: httpx2.AsyncClient) -> bool:
        """Return whether the server answers a request, which is dear beside a connection."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        try:
            await http.get(f"http://127.0.0.1:{self.port}/livez")
        except httpx2.TransportError:
            return False
        return True
