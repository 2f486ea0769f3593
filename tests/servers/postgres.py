"""What do tests need of PostgreSQL? A server that was found, and databases of their own on it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Literal, TypeVar

import asyncpg
from anyio.from_thread import start_blocking_portal
from sqlalchemy import make_url
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed
from testcontainers.core.container import DockerContainer

from tests.servers.containers import run_container
from tests.servers.services import Service, ServiceSettings, ServiceUnavailable

STANDARD_PORT = 5432
CONNECT_SECONDS = 5
START_SECONDS = 60
"""For a container to initialise its files on a busy machine; two seconds are usual."""

OWN_NAMES = "muster_test_"

MEMORY = "/mnt/memory"
IN_MEMORY = {"PGDATA": f"{MEMORY}/data"}
FORGETFUL = ("fsync=off", "full_page_writes=off", "max_wal_size=128MB", "autovacuum=off", "jit=off")
"""The environment and the settings of a server that never comes back with what it held. A copy of a
database takes four times as much processor time on a disk as in memory. Hundreds of databases that
live for seconds are nothing to vacuum, and one that was is not lent again. No statement of a test
runs for as long as it would take to compile it."""

LINGUISTIC = "LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-ka-shifted'"
"""The order of texts of a dictionary, as people's databases often have it: "a" comes before "B",
and hyphens count last. A text that needs Python's order has to ask for it."""

HAS_ICU = """
SELECT current_setting('server_version_num')::integer >= 150000
    AND EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server on which tests have databases of their own; made inside event loops or outside.

    :param linguistic: whether empty databases have the order of a dictionary, where the server
        knows one. A session takes half as long again to begin there.
    """

    admin_url: str
    linguistic: bool = False

    @contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Yield the URL of an empty database, which is dropped in the end."""
        url = self.make_database()
        try:
            yield url
        finally:
            self.drop_database(url)

    def make_database(self, template: str = "template0") -> str:
        """Make an empty database or a copy of one; return its URL (for SQLAlchemy, on asyncpg).

        template0 is as quick to copy as an empty database of our own and can take any encoding.
        """
        name = OWN_NAMES + token_hex(8)
        make = partial(_make_in_loop, linguistic=self.linguistic)
        in_a_loop(make, self.admin_url, name, template)
        return _render(self.admin_url, "postgresql+asyncpg", "ssl", database=name)

    def drop_database(self, url: str) -> None:
        """Drop a database, and throw out the sessions that are left in it."""
        _execute(self.admin_url, f"DROP DATABASE {make_url(url).database} WITH (FORCE)")


def postgres_service(settings: ServiceSettings, *, durable: bool) -> Service:
    """Return how to come by a PostgreSQL server.

    :param durable: whether one in a container keeps to the disk what it commits, as in use.
    """
    return Service(
        name="PostgreSQL",
        given_by="MUSTER_TEST_POSTGRES_URL",
        given_url=settings.postgres_url,
        image=settings.postgres_image,
        start_container=partial(_run_postgres, network=settings.docker_network, durable=durable),
        # The stock credentials: a password that servers without one ignore.
        local_url=_url("127.0.0.1", STANDARD_PORT),
        local_habit=f"in databases named {OWN_NAMES}… that are made and dropped",
        check=_check,
    )


@contextmanager
def _run_postgres(
    image: str, *, network: Literal["bridge", "host"], durable: bool
) -> Iterator[str]:
    settings = () if durable else FORGETFUL
    with run_container(
        image,
        STANDARD_PORT,
        network=network,
        environment={"POSTGRES_PASSWORD": "postgres"} | ({} if durable else IN_MEMORY),
        command=serving(settings),
        listen_on=partial(listen_on_loopback, settings=settings),
        small_disks={} if durable else {MEMORY: "2g"},
    ) as server:
        url = _url(server.host, server.port)
        wait_for_postgres(url)
        yield url


def listen_on_loopback(container: DockerContainer, port: int, settings: Sequence[str] = ()) -> None:
    """Let a container on the network of the host be reached from this machine only."""
    container.with_command(serving(("listen_addresses=127.0.0.1", f"port={port}", *settings)))


def serving(settings: Sequence[str]) -> list[str]:
    """Return the command of a server in a container that has these settings."""
    return ["postgres", *(f"--{setting}" for setting in settings)]


def wait_for_postgres(url: str) -> None:
    """Wait until a server that has started answers; raise ServiceUnavailable if it never does."""
    for attempt in Retrying(
        retry=retry_if_exception_type(ServiceUnavailable),
        wait=wait_fixed(0.1),
        stop=stop_after_delay(START_SECONDS),
        reraise=True,
    ):
        with attempt:
            _check(url)


def _url(host: str, port: int) -> str:
    return f"postgresql://postgres:postgres@{host}:{port}/postgres"


def _check(url: str) -> None:
    try:
        _execute(url, "SELECT 1")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        # A time-out says nothing but its name.
        raise ServiceUnavailable(str(problem) or type(problem).__name__) from problem


def in_a_loop(work: Callable[..., Awaitable[T]], *arguments: object) -> T:
    """Let a coroutine run in a thread, with a loop of its own: the caller may be in another."""
    with start_blocking_portal() as portal:
        return portal.call(work, *arguments)


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Connect with the driver alone to a URL of either kind."""
    plain = _render(url, "postgresql", "sslmode")
    connection = await asyncpg.connect(plain, timeout=CONNECT_SECONDS)
    try:
        yield connection
    finally:
        await connection.close()


def _execute(url: str, statement: str) -> None:
    in_a_loop(_execute_in_loop, url, statement)


async def _execute_in_loop(url: str, statement: str) -> None:
    async with connected(url) as connection:
        await connection.execute(statement)


async def _make_in_loop(admin_url: str, name: str, template: str, *, linguistic: bool) -> None:
    async with connected(admin_url) as connection:
        options = f"TEMPLATE {template} ENCODING 'UTF8'"
        is_empty = template == "template0"  # any other copy has the order of its template
        if linguistic and is_empty and await connection.fetchval(HAS_ICU):
            options += f" {LINGUISTIC}"
        await connection.execute(f"CREATE DATABASE {name} {options}")


def _render(url: str, driver: str, ssl_name: str, database: str | None = None) -> str:
    """Write a URL for a driver; what libpq calls sslmode is called ssl by SQLAlchemy's asyncpg."""
    parsed = make_url(url)
    query = {
        ssl_name if name in {"ssl", "sslmode"} else name: text
        for name, text in parsed.query.items()
    }
    rendered = parsed.set(drivername=driver, query=query, database=database or parsed.database)
    return rendered.render_as_string(hide_password=False)
