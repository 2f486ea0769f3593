"""Where is something personal looked for? In all that processes and commands of Muster show."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    redirect_stderr,
    redirect_stdout,
)
from dataclasses import dataclass, field
from functools import partial
from io import StringIO
from pathlib import Path
from typing import IO

import httpx2

from deploy import cli
from deploy.databases.engines import open_engines
from tests.drivers.forked_muster import forked_part
from tests.drivers.muster_process import START_SECONDS, Process
from tests.personal_data.pushes import Provider
from tests.servers.ports import free_port
from tests.servers.services import environment_with

WAIT_SECONDS = 60
"""On a busy machine; a second is usual."""

Start = Callable[[str, dict[str, str], IO[bytes]], AbstractAsyncContextManager[Process]]
"""Starts a part with settings, and a file for all that it says."""


@dataclass(slots=True)
class Installation:
    """Processes with the logs of production, as talkative as they can be, and their databases.

    Commands are called in the test's own process, which has the same settings.
    """

    folder: Path
    settings: dict[str, str]
    parts: tuple[str, ...]
    http: httpx2.AsyncClient
    start: Start = forked_part
    inspected: dict[str, str] = field(default_factory=dict)
    """Where each part shows its metrics."""

    # --- what is done -----------------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run every part, from when it is ready until it has stopped."""
        async with AsyncExitStack() as stack:
            for part in self.parts:
                port = free_port()
                self.inspected[part] = f"http://127.0.0.1:{port}"
                environment = environment_with(
                    **self.settings,
                    MUSTER_METRICS_PORT=str(port),
                    MUSTER_LOG_FORMAT="json",
                    MUSTER_LOG_LEVEL="debug",
                )
                with self._log_of(part).open("wb") as log:
                    await stack.enter_async_context(self.start(part, environment, log))
            for origin in self.inspected.values():
                await until(partial(self._is_ready, origin), START_SECONDS)
            yield

    async def command(self, *arguments: str, status: int = 0) -> str:
        """Call a command, and return all that it printed."""
        printed = StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            # A thread: commands run a loop of their own.
            ended = await asyncio.to_thread(cli.run, list(arguments))
        assert ended == status, printed.getvalue()
        return printed.getvalue()

    async def connect(self, portal: str, *rules: str) -> Provider:
        """Switch SCIM on for the one workspace."""
        created = await self.command("connections", "create", "acme", portal, *rules, "--json")
        told = json.loads(created)
        return Provider(self.http, told["base_url"], told["token"])

    async def in_directory(self, *statements: str) -> None:
        """Change the api's database by hand."""
        await _execute(self.settings["MUSTER_DIRECTORY_DATABASE_URL"], statements)

    async def downstream(self, *statements: str) -> None:
        """Change the worker's database by hand."""
        await _execute(self.settings["MUSTER_DOWNSTREAM_DATABASE_URL"], statements)

    async def found_downstream(self, query: str) -> set[str]:
        """Return the first column of what a query finds in the worker's database."""
        reading, writing = open_engines(self.settings["MUSTER_DOWNSTREAM_DATABASE_URL"])
        async with reading.connect() as db:
            found = {str(row[0]) for row in await db.exec_driver_sql(query)}
        await reading.dispose()
        await writing.dispose()
        return found

    # --- what is shown ----------------------------------------------------------------------

    def logs(self) -> dict[str, str]:
        """Return what the parts have printed so far."""
        return {f"log of {part}": self._log_of(part).read_text() for part in self.parts}

    def logged(self, event: str) -> bool:
        """Say whether a line of a log is about this."""
        return any(f'"event": "{event}"' in log for log in self.logs().values())

    async def metrics(self) -> dict[str, str]:
        """Return what Prometheus and an orchestrator are told."""
        return {
            f"{path} of {part}": (await self.http.get(origin + path)).text
            for part, origin in self.inspected.items()
            for path in ("/metrics", "/readyz", "/livez")
        }

    async def kept(self) -> dict[str, str]:
        """Return every row of the tables that are logs, and of those that keep answers."""
        reading, writing = open_engines(self.settings["MUSTER_DIRECTORY_DATABASE_URL"])
        async with reading.connect() as db:
            rows = {
                table: (await db.exec_driver_sql(f"SELECT * FROM {table}")).all()  # noqa: S608
                for table in ("audit_log", "request_log", "idempotency_keys")
            }
        await reading.dispose()
        await writing.dispose()
        assert all(rows.values())
        return {table: "\n".join(map(repr, those)) for table, those in rows.items()}

    async def failures(self) -> dict[str, str]:
        """Return what is kept of each failure."""
        rows = await self.found_downstream(
            "SELECT kind || ' ' || message || ' ' || correlation_id FROM failures"
        )
        return {"failures": "\n".join(sorted(rows))}

    def _log_of(self, part: str) -> Path:
        return self.folder / f"{part}.log"

    async def _is_ready(self, origin: str) -> bool:
        try:
            return (await self.http.get(f"{origin}/readyz")).is_success
        except httpx2.TransportError:
            return False


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = WAIT_SECONDS) -> None:
    """Wait until something holds that another process brings about."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.2)


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    reading, writing = open_engines(url)
    async with writing.begin() as db:
        for statement in statements:
            await db.exec_driver_sql(statement)
    await reading.dispose()
    await writing.dispose()
