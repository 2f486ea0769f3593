"""What do the end-to-end tests run on? Servers set up as in compose.yaml, and real processes."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, BinaryIO

import httpx2

from deploy.compose_secrets import DEFINITIONS, ENVIRONMENT, make_secrets, variable
from tests.drivers.forked_muster import finished_fork, forked_part
from tests.drivers.muster_process import MUSTER, START_SECONDS, Process, running_part
from tests.servers.containers import RunningServer, run_container
from tests.servers.ports import free_port
from tests.servers.postgres import STANDARD_PORT as POSTGRES_PORT
from tests.servers.postgres import listen_on_loopback as postgres_on_loopback
from tests.servers.postgres import wait_for_postgres
from tests.servers.rabbitmq import METRICS_BESIDE, METRICS_PORT, wait_for_rabbitmq
from tests.servers.rabbitmq import STANDARD_PORT as RABBITMQ_PORT
from tests.servers.rabbitmq import listen_on_loopback_and_show_metrics as rabbitmq_on_loopback
from tests.servers.services import ServiceSettings, environment_with

DEPLOY = Path(__file__).parents[2] / "deploy"

SMALL_DISK = "/small-disk"
"""Beside the disk of the database, for tests that let it fill up."""

NO_BRAKE = ("--brake", "off")
"""For drivers that let more people leave within an hour than a provider should."""

INSIST_SECONDS = 15
"""Half of what a process may take that was asked once."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A broker, a database, and what each process is told about them."""

    broker: RunningServer
    postgres: RunningServer
    passwords: dict[str, str] = field(repr=False)
    inspected: dict[int, str] = field(default_factory=dict)
    """Where each process shows its metrics, by its id."""
    doors: Mapping[str, str] = field(default_factory=dict)
    """Through which host and port the broker, or a side's database, is reached instead."""
    log: BinaryIO | None = None
    """Where processes write as much as when they are in use; else they are all but silent."""
    more_settings: Mapping[str, str] = field(default_factory=dict)
    """What processes are told that is not their default."""
    forked: bool = False
    """Whether processes are forked from one that has loaded Muster, or load it themselves."""

    @property
    def broker_metrics(self) -> str:
        """Return at which host and port the broker shows its metrics."""
        return f"{self.broker.host}:{self.broker.port + METRICS_BESIDE}"

    def database_url(self, side: str, *, role: str | None = None) -> str:
        """Return the URL of a side's database, for its own role or another one."""
        role = role or side
        credentials = f"{role}:{self.passwords[variable(role)]}"
        place = self.doors.get(side, f"{self.postgres.host}:{self.postgres.port}")
        return f"postgresql://{credentials}@{place}/{side}"

    def broker_url(self, user: str) -> str:
        """Return the URL of the broker for one of its users."""
        credentials = f"{user}:{self.passwords[variable(user)]}"
        place = self.doors.get("broker", f"{self.broker.host}:{self.broker.port}")
        return f"amqp://{credentials}@{place}/"

    def environment_of(self, part: str, port: int = 0, metrics_port: int = 0) -> dict[str, str]:
        """Return the environment of a part."""
        return environment_with(**self.settings_of(part, port, metrics_port))

    def settings_of(self, part: str, port: int = 0, metrics_port: int = 0) -> dict[str, str]:
        """Return the settings of a part; those of the other side's database open what they may."""
        settings = {
            "MUSTER_DIRECTORY_DATABASE_URL": "postgresql://127.0.0.1:1/directory",
            "MUSTER_DOWNSTREAM_DATABASE_URL": "postgresql://127.0.0.1:1/downstream",
            "MUSTER_LOG_LEVEL": "info" if self.log else "error",
            "MUSTER_LOG_FORMAT": "json",
            "MUSTER_METRICS_PORT": str(metrics_port),
            "MUSTER_RATE_EACH": "off",  # one connection sends what many would
        }
        directory = {"MUSTER_DIRECTORY_DATABASE_URL": self.database_url("directory")}
        downstream = {"MUSTER_DOWNSTREAM_DATABASE_URL": self.database_url("downstream")}
        match part:
            case "api":
                looking = self.database_url("downstream", role="directory")
                settings |= directory | {"MUSTER_DOWNSTREAM_DATABASE_URL": looking}
                settings["MUSTER_PORT"] = str(port)
                user = "muster-relay"
            case "worker":
                settings |= downstream
                user = "muster-worker"
            case "admin":
                settings |= directory | downstream
                settings["MUSTER_ADMIN_PORT"] = str(port)
                return {**settings, **self.more_settings}
            case _:
                settings |= directory | downstream
                user = "muster-topology"
        return {**settings, **self.more_settings, "MUSTER_BROKER_URL": self.broker_url(user)}

    async def command(self, *arguments: str, statuses: Collection[int] = (0,)) -> str:
        """Run a command of ``muster`` with an operator's rights, and return what it printed.

        :param statuses: those with which it may end.
        """
        environment = self.environment_of("operator")
        finished = finished_fork if self.forked else _finished
        done = await finished(*arguments, environment=environment)
        assert done.returncode in statuses, done.stderr
        return done.stdout

    async def connect(self, workspace: str, portal: str, *rules: str) -> dict[str, Any]:
        """Switch SCIM on; return what the provider is told."""
        create = ("connections", "create", workspace, portal, "--new-workspace")
        printed = await self.command(*create, *rules, "--json")
        opened: dict[str, Any] = json.loads(printed)
        return opened

    @asynccontextmanager
    async def apis(self, number: int) -> AsyncIterator[dict[str, Process]]:
        """Run so many processes of the api; yield them by where they answer, once they do."""
        ports = {f"http://127.0.0.1:{port}": port for port in (free_port() for _ in range(number))}
        async with AsyncExitStack() as running, httpx2.AsyncClient() as http:
            processes = {
                origin: await running.enter_async_context(self._running("api", port))
                for origin, port in ports.items()
            }
            async with asyncio.timeout(START_SECONDS):
                await asyncio.gather(*(is_ready(http, origin) for origin in ports))
            yield processes

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[str]:
        """Run a process of the admin API and the console; yield where it answers, once it does."""
        port = free_port()
        origin = f"http://127.0.0.1:{port}"
        async with self._running("admin", port), httpx2.AsyncClient() as http:
            async with asyncio.timeout(START_SECONDS):
                await is_ready(http, origin)
            yield origin

    @asynccontextmanager
    async def workers(self, number: int) -> AsyncIterator[list[Process]]:
        """Run so many workers; they may not have begun to consume."""
        async with AsyncExitStack() as running:
            yield [
                await running.enter_async_context(self._running("worker")) for _ in range(number)
            ]

    @asynccontextmanager
    async def _running(self, part: str, port: int = 0) -> AsyncIterator[Process]:
        metrics_port = free_port()
        environment = self.environment_of(part, port, metrics_port)
        run = forked_part if self.forked else running_part
        async with run(part, environment, self.log) as process:
            self.inspected[process.pid] = f"http://127.0.0.1:{metrics_port}"
            try:
                yield process
            finally:
                del self.inspected[process.pid]


async def _finished(*arguments: str, environment: Mapping[str, str]) -> "CompletedProcess[str]":
    """Run a command to its end in an interpreter of its own, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *MUSTER,
        *arguments,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaint = await process.communicate()
    status = await process.wait()
    return CompletedProcess(arguments, status, printed.decode(), complaint.decode())


async def terminate(process: Process) -> int:
    """Ask a process to end, as an orchestrator does; return its exit status."""
    process.send_signal(signal.SIGTERM)
    return await process.wait()


async def insist(process: Process) -> int:
    """Ask a process to end, again and again; return its exit status.

    The system may hand over two signals in quick succession as one.
    """
    async with asyncio.timeout(INSIST_SECONDS):
        while process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.05)
    return process.returncode


@contextmanager
def installation(
    settings: ServiceSettings, folder: Path, *, forked: bool = False
) -> Iterator[Installation]:
    """Run the servers in containers, with the users and the configuration of compose.yaml.

    :param forked: whether Muster's processes are forked, which is quicker than to start them.
    """
    make_secrets(folder)
    lines = (folder / ENVIRONMENT).read_text().splitlines()
    passwords = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    with ExitStack() as servers:
        postgres = servers.enter_context(
            run_container(
                settings.postgres_image,
                POSTGRES_PORT,
                network=settings.docker_network,
                environment={
                    f"{role.upper()}_PASSWORD": passwords[variable(role)]
                    for role in ("postgres", "directory", "downstream")
                },
                listen_on=postgres_on_loopback,
                files={
                    "/docker-entrypoint-initdb.d/databases.sh": DEPLOY / "postgres/databases.sh",
                },
                small_disks={SMALL_DISK: "256m"},
            )
        )
        broker = servers.enter_context(
            run_container(
                settings.rabbitmq_image,
                RABBITMQ_PORT,
                network=settings.docker_network,
                environment={},
                listen_on=rabbitmq_on_loopback,
                files={
                    "/etc/rabbitmq/rabbitmq.conf": DEPLOY / "rabbitmq/rabbitmq.conf",
                    "/etc/rabbitmq/definitions.json": folder / DEFINITIONS,
                    "/etc/rabbitmq/enabled_plugins": DEPLOY / "rabbitmq/enabled_plugins",
                },
                beside={METRICS_PORT: METRICS_BESIDE},
            )
        )
        made = Installation(broker, postgres, passwords, forked=forked)
        wait_for_postgres(made.database_url("directory"))
        wait_for_rabbitmq(made.broker_url("muster-topology"))
        yield made


async def is_ready(http: httpx2.AsyncClient, origin: str) -> None:
    """Return once a process says at this place that it is ready."""
    while True:
        try:
            if (await http.get(f"{origin}/readyz")).is_success:
                return
        except httpx2.TransportError:
            pass  # not listening yet
        await asyncio.sleep(0.05)
