"""How do tests put PgBouncer between Muster and PostgreSQL? The program of this machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.servers.ports import free_port
from tests.servers.postgres import wait_for_postgres
from tests.servers.services import ServiceUnavailable

CONFIGURATION = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = any
pool_mode = {pool_mode}
"""
"""Everything else as it comes."""


@contextmanager
def pgbouncer(database_url: str, pool_mode: str = "session") -> Iterator[URL]:
    """Yield the URL of a database through a PgBouncer of its own.

    :raises ServiceUnavailable: where the program is not installed.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        raise ServiceUnavailable("no pgbouncer here")
    server = make_url(database_url)
    with tempfile.TemporaryDirectory() as folder:
        listen_port = free_port()
        Path(folder).chmod(0o755)  # for whoever runs it
        settings = Path(folder, "pgbouncer.ini")
        settings.write_text(
            CONFIGURATION.format(
                host=server.host,
                port=server.port or 5432,
                user=server.username,
                password=server.password or "''",
                listen_port=listen_port,
                pool_mode=pool_mode,
            )
        )
        through = server.set(drivername="postgresql", host="127.0.0.1", port=listen_port)
        with _running(program, settings):
            wait_for_postgres(through.render_as_string(hide_password=False))
            yield through


@contextmanager
def _running(program: str, settings: Path) -> Iterator[None]:
    """Run it, as somebody else where it would refuse to be root."""
    user = "nobody" if os.getuid() == 0 else None
    process = subprocess.Popen([program, "--quiet", str(settings)], user=user)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()
