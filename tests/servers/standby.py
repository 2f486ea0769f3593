"""How do tests get a primary with a standby? A container of PostgreSQL runs a second server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

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

BESIDE = 1
"""How far the port of the standby is above that of the primary."""

PLACE, LOG = f"{MEMORY}/standby", f"{MEMORY}/standby.log"

BEGIN = """
pg_basebackup --port="$1" --username=postgres --pgdata="$2" --write-recovery-conf --checkpoint=fast
pg_ctl --pgdata="$2" --log="$3" --options="$4" --wait start
"""
"""Both servers are reached by their sockets, over which they trust each other."""


@dataclass(frozen=True, slots=True)
class PrimaryAndStandby:
    """Two servers, of which one follows the other until it is promoted."""

    server: RunningServer

    @property
    def primary(self) -> tuple[str, int]:
        """The host and the port of the primary."""
        return self.server.host, self.server.port

    @property
    def standby(self) -> tuple[str, int]:
        """The host and the port of the standby."""
        return self.server.host, self.server.port + BESIDE

    def promote(self) -> None:
        """Let the standby take writes, and return once it does."""
        self.server.execute("pg_ctl", f"--pgdata={PLACE}", "--wait", "promote", user="postgres")


def superuser_of(place: tuple[str, int], database: str = "postgres") -> str:
    """Return the URL of the superuser at a host and a port."""
    host, port = place
    return f"postgresql://postgres:postgres@{host}:{port}/{database}"


@contextmanager
def primary_and_standby(settings: ServiceSettings) -> Iterator[PrimaryAndStandby]:
    """Yield a primary that confirms a commit once its standby has it.

    :raises ServiceUnavailable: where no container can be had.
    """
    with run_container(
        settings.postgres_image,
        STANDARD_PORT,
        network=settings.docker_network,
        environment={"POSTGRES_PASSWORD": "postgres"} | IN_MEMORY,
        command=serving(FORGETFUL),
        listen_on=partial(listen_on_loopback, settings=FORGETFUL),
        beside={STANDARD_PORT + BESIDE: BESIDE},
        small_disks={MEMORY: "1g"},
    ) as server:
        pair = PrimaryAndStandby(server)
        wait_for_postgres(superuser_of(pair.primary))
        inside = server.port if settings.docker_network == "host" else STANDARD_PORT
        listening = "127.0.0.1" if settings.docker_network == "host" else "*"
        own = (f"port={inside + BESIDE}", f"listen_addresses={listening}", *FORGETFUL)
        options = " ".join(f"-c {setting}" for setting in own)
        _execute(server, BEGIN, str(inside), PLACE, LOG, options)
        in_a_loop(_confirm_with_standby, superuser_of(pair.primary))
        yield pair


def _execute(server: RunningServer, script: str, *arguments: str) -> None:
    server.execute("sh", "-e", "-c", script, "sh", *arguments, user="postgres")


async def _confirm_with_standby(url: str) -> None:
    async with connected(url) as session:
        await session.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        await session.execute("SELECT pg_reload_conf()")
        # Nothing is confirmed from here on that the standby does not have.
        await session.execute("CREATE DATABASE directory")
        await session.execute("CREATE DATABASE downstream")
