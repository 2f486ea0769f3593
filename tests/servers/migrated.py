"""How do tests come by a migrated database? One of each kind is migrated, the others are copies.

On PostgreSQL a copy is dear: it is hundreds of files that are made and deleted, and its first
sessions read the catalogs anew. Copies are therefore emptied and lent again, unless a test has left
more than rows behind.
"""

import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import make_url

from deploy.databases.engines import open_engines
from deploy.databases.migrations import Schema
from tests.servers.emptied import Pristine
from tests.servers.postgres import PostgresServer, in_a_loop


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
            in_a_loop(_migrate, _url_of(self._files[schema]), schema)
        shutil.copyfile(self._files[schema], file)
        return _url_of(file)


class PostgresTemplates:
    """The databases of a server that are copied; ``kept`` drops them, after their copies."""

    def __init__(self, server: PostgresServer, kept: ExitStack) -> None:
        self._server = server
        self._kept = kept
        self._copies: dict[Schema, Copies] = {}

    @contextmanager
    def copy(self, schema: Schema) -> Iterator[str]:
        """Yield the URL of a database with a schema, which is as good as a fresh copy."""
        if schema not in self._copies:
            template = self._kept.enter_context(self._server.fresh_database())
            in_a_loop(_migrate, template, schema)
            self._copies[schema] = Copies(self._server, template)
            self._kept.callback(self._copies[schema].drop)
        with self._copies[schema].lend() as url:
            yield url


class Copies:
    """The copies of a template, which are lent to a test at a time."""

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = str(make_url(template).database)
        self._pristine = in_a_loop(Pristine.of, template)
        self._resting: deque[str] = deque()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Yield the URL of a copy: of one that has rested and was renewed, or of a new one."""
        url = self._renewed() or self._server.make_database(self._template)
        try:
            yield url
        finally:
            self._resting.append(url)

    def _renewed(self) -> str | None:
        """Renew the copy that has rested for the longest time; those that will not be are dropped.

        The last copy that came back goes on resting, for its sessions take a moment to end.
        """
        while len(self._resting) > 1:
            url = self._resting.popleft()
            if in_a_loop(self._pristine.renew, url):
                return url
            self._server.drop_database(url)
        return None

    def drop(self) -> None:
        """Drop the copies, all of which have come back."""
        while self._resting:
            self._server.drop_database(self._resting.popleft())


def _url_of(file: Path) -> str:
    return f"sqlite+aiosqlite:///{file}"


async def _migrate(url: str, schema: Schema) -> None:
    reading, writing = open_engines(url)
    await schema.migrate(writing)
    await reading.dispose()
    await writing.dispose()
