"""How do tests call ``muster``? In this process, on fresh databases, as a shell would."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from deploy import cli
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.commands.fresh_process import FreshProcess, fresh_process
from tests.servers.both_databases import ON_SQLITE
from tests.servers.migrated import NewDatabase
from tests.servers.services import environment_with


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@pytest.fixture(params=ON_SQLITE)
def new_database_url(new_database_url: NewDatabase) -> NewDatabase:
    """Give what makes files of SQLite: most words of a command are the same on any database."""
    return new_database_url


@pytest.fixture
def plain_muster(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Give the command, for what looks at no database."""

    def run(*arguments: str) -> Answer:
        status = cli.run(list(arguments))
        printed = capsys.readouterr()
        return Answer(status, printed.out, printed.err)

    return run


@pytest.fixture
def muster(
    new_database_url: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    plain_muster: Callable[..., Answer],
) -> Callable[..., Answer]:
    """Give the command, on databases that are migrated and empty."""
    monkeypatch.setenv("MUSTER_DIRECTORY_DATABASE_URL", new_database_url(DIRECTORY))
    monkeypatch.setenv("MUSTER_DOWNSTREAM_DATABASE_URL", new_database_url(DOWNSTREAM))
    return plain_muster


@pytest.fixture(scope="session")
def process_with() -> Iterator[Callable[..., FreshProcess]]:
    """Give processes that have loaded the command line, and the modules that are named."""
    with ExitStack() as processes:

        @cache
        def started(*modules: str) -> FreshProcess:
            process = fresh_process(*modules, environment=environment_with())
            return processes.enter_context(process)

        yield started
