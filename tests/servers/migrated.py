"""How do tests come by a migrated database? One of each kind is migrated, the others are copies."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from anyio.from_thread import start_blocking_portal
from sqlalchemy import make_url

from deploy.databases.engines import open_engines
from deploy.databases.migrations import Schema
from tests.servers.postgres import PostgresServer


class NewDatabase(Protocol):
    """Makes a fresh database and returns its URL: an empty one, or one with a schema."""

    def __call__(self, schema: Schema | None = None) -> str: ...


class FileTemplates:
    """The SQLite files of one run that are copied. Each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[Schema, Path] = {}

    def copy(self, schema: Schema, file: Path) -> str:
        """Make a file with a schema, and return its URL."""
        if schema not in self._files:
            self._files[schema] = self._folder / f"{schema.version_table}.db"
            _migrate(_url_of(self._files[schema]), schema)
        shutil.copyfile(self._files[schema], file)
        return _url_of(file)


class PostgresTemplates:
    """The databases of a server that are copied; ``kept`` drops them in the end."""

    def __init__(self, server: PostgresServer, kept: ExitStack) -> None:
        self._server = server
        self._kept = kept
        self._names: dict[Schema, str] = {}

    @contextmanager
    def copy(self, schema: Schema) -> Iterator[str]:
        """Yield the URL of a database with a schema; in the end it is dropped."""
        if schema not in self._names:
            url = self._kept.enter_context(self._server.fresh_database())
            _migrate(url, schema)
            self._names[schema] = str(make_url(url).database)
        with self._server.fresh_database(self._names[schema]) as url:
            yield url


def _url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


def _migrate(url: str, schema: Schema) -> None:
    """Migrate in a thread: the caller may be in an event loop."""
    with start_blocking_portal() as portal:
        portal.call(_migrate_in_loop, url, schema)


async def _migrate_in_loop(url: str, schema: Schema) -> None:
    reading, writing = open_engines(url)
    await schema.migrate(writing)
    await reading.dispose()
    await writing.dispose()
