"""How are commands of `docker compose` run where Compose cannot be? On the test's own servers.

The programs ``docker`` and ``make`` of a test ask this over a socket what to do, in the words that
those take. Servers are the containers of the installation, parts are processes.
"""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field
from io import StringIO
from pathlib import Path

import httpx2
import pytest

from deploy import cli
from deploy.compose_secrets import DEFINITIONS, ENVIRONMENT, make_secrets
from tests.drivers.forked_muster import forked_part
from tests.drivers.installation import Installation
from tests.drivers.muster_process import START_SECONDS, Process
from tests.servers.containers import RunningServer
from tests.servers.ports import free_port

PROGRAM = """\
#!{python}
import json, os, socket, sys
asking = socket.socket(socket.AF_UNIX)
asking.connect({socket!r})
asking.sendall(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]).encode())
asking.shutdown(socket.SHUT_WR)
told = json.loads(asking.makefile().read())
if told["command"]:
    os.execvp(told["command"][0], told["command"])
sys.stdout.write(told["printed"])
sys.stderr.write(told["complaint"])
sys.exit(told["status"])
"""

PARTS = ("api", "worker")
COMPOSE = ["docker", "compose", "-f", "deploy/compose.yaml"]


@dataclass(frozen=True, slots=True)
class Told:
    """What the program has to do: become a command, or print something and end."""

    command: tuple[str, ...] = ()
    printed: str = ""
    complaint: str = ""
    status: int = 0


@dataclass(slots=True)
class Compose:
    """The services of compose.yaml, and what Compose does with them."""

    installation: Installation
    folder: Path
    """Where ``deploy`` lies, with the file of passwords."""
    port: int = field(default_factory=free_port)
    running: dict[str, AsyncExitStack] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)

    @property
    def programs(self) -> Path:
        """The folder in which the programs lie."""
        return self.folder / "bin"

    async def up(self) -> None:
        """Start every part anew, with the passwords of now."""
        await self._each("stop", PARTS)
        await self._each("start", PARTS)

    async def obey(self, words: Sequence[str]) -> Told:
        """Do what Compose would do, or say which command does it."""
        if words == ["make", "secrets"]:
            return self._make_secrets()
        assert list(words[:4]) == COMPOSE, words
        self._read_passwords()
        match list(words[4:]):
            case ["run", "--rm", "-T", "muster", *arguments]:
                return await self._muster(arguments)
            case ["exec", "-T", ("postgres" | "rabbitmq") as service, *command]:
                return self._in_container(service, command)
            case ["up", "--detach"]:
                await self.up()
            case [("stop" | "start") as does, ("postgres" | "rabbitmq") as service]:
                container = self._server(service).container.get_wrapped_container().id
                return Told((_docker(), does, container))
            case [("stop" | "start" | "kill") as does, *services] if set(services) <= set(PARTS):
                await self._each(does, services)
            case other:
                raise AssertionError(f"the guide asks for what no test can do: {other}")
        return Told()

    async def _muster(self, arguments: list[str]) -> Told:
        """Call the command in this process, which has all that it imports already."""
        settings = self.installation.environment_of("operator")
        settings["MUSTER_PUBLIC_URL"] = f"http://127.0.0.1:{self.port}"
        printed, complaint = StringIO(), StringIO()
        with (
            pytest.MonkeyPatch.context() as environment,
            redirect_stdout(printed),
            redirect_stderr(complaint),
        ):
            for name, value in settings.items():
                environment.setenv(name, value)
            # A thread: commands run a loop of their own.
            status = await asyncio.to_thread(cli.run, arguments)
        return Told((), printed.getvalue(), complaint.getvalue(), status)

    def _make_secrets(self) -> Told:
        """Make them, and show the broker its file, which Compose would have mounted."""
        make_secrets(self.folder / "deploy")
        container = self.installation.broker.container.get_wrapped_container().id
        loaded = str(self.folder / "deploy" / DEFINITIONS)
        return Told((_docker(), "cp", loaded, f"{container}:/etc/rabbitmq/definitions.json"))

    def _in_container(self, service: str, command: list[str]) -> Told:
        server = self._server(service)
        container = server.container.get_wrapped_container().id
        # On the network of the host it listens where nobody else does.
        port = ("--env", f"PGPORT={server.port}")
        return Told((_docker(), "exec", "--interactive", *port, container, *command))

    def _server(self, service: str) -> RunningServer:
        return {"postgres": self.installation.postgres, "rabbitmq": self.installation.broker}[
            service
        ]

    def _read_passwords(self) -> None:
        lines = (self.folder / "deploy" / ENVIRONMENT).read_text().splitlines()
        known = [line.partition("=") for line in lines if line and not line.startswith("#")]
        self.installation.passwords.update({name: password for name, _, password in known})

    async def _each(self, does: str, services: Sequence[str]) -> None:
        for service in services:
            if does == "start" and service not in self.running:
                await self._start(service)
            elif does != "start" and service in self.running:
                if does == "kill":
                    self.processes[service].kill()
                    await self.processes[service].wait()
                await self.running.pop(service).aclose()

    async def _start(self, service: str) -> None:
        metrics = free_port()
        environment = self.installation.environment_of(service, self.port, metrics)
        stack = self.running[service] = AsyncExitStack()
        self.processes[service] = await stack.enter_async_context(forked_part(service, environment))
        async with asyncio.timeout(START_SECONDS), httpx2.AsyncClient() as http:
            while not await _lives(http, f"http://127.0.0.1:{metrics}/livez"):
                await asyncio.sleep(0.05)  # a port gives no event to wait for


@asynccontextmanager
async def compose_for(installation: Installation, folder: Path) -> AsyncIterator[Compose]:
    """Put the programs into a folder, and do what they are asked for."""
    compose = Compose(installation, folder)
    at = folder / "asked"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = await compose.obey(json.loads(await reader.read()))
        writer.write(json.dumps(asdict(told)).encode())
        writer.close()

    compose.programs.mkdir()
    for name in ("docker", "make"):
        program = compose.programs / name
        program.write_text(PROGRAM.format(python=sys.executable, socket=str(at)))
        program.chmod(0o755)
    try:
        async with await asyncio.start_unix_server(answer, at):
            yield compose
    finally:
        for service in PARTS:
            if service in compose.running:
                await compose.running.pop(service).aclose()


def _docker() -> str:
    found = shutil.which("docker")
    assert found is not None
    return found


async def _lives(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).is_success
    except httpx2.TransportError:
        return False
