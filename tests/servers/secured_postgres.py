"""How do tests get a PostgreSQL that speaks TLS? One in a container is given certificates."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from tests.servers.certificates import Issued
from tests.servers.containers import RunningServer, run_container
from tests.servers.postgres import (
    FORGETFUL,
    IN_MEMORY,
    MEMORY,
    STANDARD_PORT,
    connected,
    in_a_loop,
    listen_on_loopback,
    serving,
    wait_for_postgres,
)
from tests.servers.services import ServiceSettings

PLACE = f"{MEMORY}/tls"
FILES = {"ssl_cert_file": "server.pem", "ssl_key_file": "server.key", "ssl_ca_file": "clients.pem"}
"""The settings of PostgreSQL that name its files, and their names in the container."""

CHECKED = "checked"
"""The role, and its password, that gets in with a certificate of the client only."""

RELOAD_SECONDS = 30
"""For the server to read its settings again on a busy machine; milliseconds are usual."""


@dataclass(slots=True)
class SecuredPostgres:
    """A server that speaks TLS as well, with certificates that can be exchanged.

    ``shown`` are its certificate and the authority of clients, while it speaks TLS.
    """

    server: RunningServer
    shown: tuple[Issued, Path] | None = None

    @property
    def plain_url(self) -> str:
        """The URL of its superuser, without TLS."""
        return f"postgresql://postgres:postgres@{self._at}/postgres?sslmode=disable"

    def url(
        self, login: str = "postgres:postgres", database: str = "postgres", /, **parameters: object
    ) -> str:
        """Return a URL whose host is ``localhost``, with parameters."""
        query = "&".join(f"{name}={quote(str(it), safe='/')}" for name, it in parameters.items())
        return f"postgresql://{login}@localhost:{self.server.port}/{database}?{query}"

    async def show(self, issued: Issued, clients: Path) -> None:
        """Let the server show this certificate from now on, and trust an authority of clients.

        Nothing is done if it does so already.
        """
        if self.shown == (issued, clients):
            return
        files = (issued.certificate, issued.key, clients)
        writes = "; ".join(
            f'printf %s "${number}" >{PLACE}/{name}'
            for number, name in enumerate(FILES.values(), start=1)
        )
        texts = [file.read_text() for file in files]
        script = f"umask 077; mkdir -p {PLACE}; {writes}"
        self.server.execute("sh", "-c", script, "sh", *texts, user="postgres")
        await self.run(
            *(f"ALTER SYSTEM SET {it} = '{PLACE}/{name}'" for it, name in FILES.items()),
            "ALTER SYSTEM SET ssl = on",
        )
        await self.reload()
        self.shown = issued, clients

    async def show_none(self) -> None:
        """Let the server speak no TLS from now on."""
        await self.run("ALTER SYSTEM SET ssl = off")
        await self.reload()
        self.shown = None

    async def run(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        async with connected(self.plain_url.replace("/postgres?", f"/{database}?")) as session:
            for statement in statements:
                await session.execute(statement)

    async def reload(self) -> None:
        """Let the server read its settings and certificates again, and wait until it has."""
        before = await self._loaded()
        await self.run("SELECT pg_reload_conf()")
        retrying = AsyncRetrying(
            retry=retry_if_result(lambda loaded: loaded == before),
            wait=wait_fixed(0.02),
            stop=stop_after_delay(RELOAD_SECONDS),
        )
        await retrying(self._loaded)

    async def _loaded(self) -> object:
        """Return when the server has read its settings, as a new session hears it."""
        async with connected(self.plain_url) as session:
            return await session.fetchval("SELECT pg_conf_load_time()")

    @property
    def _at(self) -> str:
        return f"{self.server.host}:{self.server.port}"


@contextmanager
def secured_postgres(settings: ServiceSettings) -> Iterator[SecuredPostgres]:
    """Yield a server of its own, which shows no certificate yet.

    :raises ServiceUnavailable: where no container can be had.
    """
    with run_container(
        settings.postgres_image,
        STANDARD_PORT,
        network=settings.docker_network,
        environment={"POSTGRES_PASSWORD": "postgres"} | IN_MEMORY,
        command=serving(FORGETFUL),
        listen_on=partial(listen_on_loopback, settings=FORGETFUL),
        small_disks={MEMORY: "512m"},
    ) as server:
        it = SecuredPostgres(server)
        wait_for_postgres(it.plain_url)
        rule = f"hostssl all {CHECKED} all scram-sha-256 clientcert=verify-ca"
        rules = f"{IN_MEMORY['PGDATA']}/pg_hba.conf"
        server.execute("sed", "-i", f"1i {rule}", rules, user="postgres")
        in_a_loop(it.run, f"CREATE ROLE {CHECKED} LOGIN PASSWORD '{CHECKED}'")
        yield it
