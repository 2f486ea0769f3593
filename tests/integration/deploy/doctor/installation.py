"""What is set up wrongly in these tests? A whole installation, with a proxy in front of its api.

Files, variables and the proxy belong to a test. The api, the databases on PostgreSQL and the
topology belong to all: what a test changes there, it changes back.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.topology import Topology
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from tests.servers.certificates import Authority
from tests.servers.http_proxy import HttpProxy
from tests.servers.migrated import FileTemplates, PostgresTemplates
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitmqServer

Fixture = Callable[[str], Any]


@dataclass(slots=True)
class Installation:
    """An installation in which all is well: its variables, its proxy, and what it is made of.

    ``fixture`` gives a server by the name of the fixture, or skips the test.
    """

    folder: Path
    fixture: Fixture
    stack: AsyncExitStack
    proxy: HttpProxy
    environment: dict[str, str]
    files: FileTemplates
    authority: Authority
    made: list[Path] = field(default_factory=list)

    def file(self, schema: Schema | None = None) -> Path:
        """Make a SQLite file, or name one that is not there yet."""
        path = self.folder / f"{len(self.made)}.db"
        self.made.append(path)
        if schema is not None:
            self.files.copy(schema, path)
        return path

    def set(self, **variables: str) -> None:
        """Set variables, whose names are given without ``MUSTER_``."""
        self.environment |= {f"MUSTER_{name}": text for name, text in variables.items()}

    def postgres(self) -> PostgresServer:
        """Return the server of PostgreSQL."""
        server: PostgresServer = self.fixture("postgres_server")
        return server

    def database(self, schema: Schema | None = None) -> str:
        """Return the URL of a database on PostgreSQL, as operators write it."""
        templates: PostgresTemplates = self.fixture("postgres_templates")
        made = templates.copy(schema) if schema else self.postgres().fresh_database()
        return as_written(self.stack.enter_context(made))

    def rabbitmq(self) -> RabbitmqServer:
        """Return the server of RabbitMQ."""
        server: RabbitmqServer = self.fixture("rabbitmq_server")
        return server

    @property
    def topology(self) -> Topology:
        """Return the topology that the variables name."""
        return Topology(self.environment["MUSTER_BROKER_PREFIX"])


def as_written(url: str) -> str:
    """Return the URL of a database as operators write it, without the name of a driver."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


@asynccontextmanager
async def on_sqlite(
    folder: Path, fixture: Fixture, files: FileTemplates
) -> AsyncIterator[Installation]:
    """Yield an installation of one process on SQLite, whose api is served behind a proxy."""
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(HttpProxy(fixture("api")).serving())
        it = Installation(folder, fixture, stack, proxy, {}, files, Authority(folder))
        it.set(
            DIRECTORY_DATABASE_URL=f"sqlite:///{it.file(DIRECTORY)}",
            DOWNSTREAM_DATABASE_URL=f"sqlite:///{it.file(DOWNSTREAM)}",
            PUBLIC_URL=f"http://127.0.0.1:{proxy.port}",
            PORT="0",
            METRICS_PORT="0",
            ADMIN_PORT="0",
        )
        yield it


def move_to_postgres(it: Installation) -> None:
    """Put both databases on PostgreSQL."""
    directory, downstream = it.fixture("on_postgres")
    it.set(DIRECTORY_DATABASE_URL=directory, DOWNSTREAM_DATABASE_URL=downstream)


def move_to_rabbitmq(it: Installation) -> None:
    """Put both databases on PostgreSQL, and use a broker that has the topology."""
    move_to_postgres(it)
    topology: Topology = it.fixture("applied")
    it.set(BROKER_URL=it.rabbitmq().url, BROKER_PREFIX=topology.prefix)
