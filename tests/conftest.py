"""What do all tests share? The servers that were found, fresh databases, and the rule on skips."""

import gc
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from contracts.topology import Topology
from deploy.commands.on_demand import recognise_imports
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from deploy.processes.event_loop import COLLECT_AFTER
from tests.drivers.examples import USUAL
from tests.servers.both_databases import BOTH_DATABASES
from tests.servers.compiled_statements import share_compiled_statements
from tests.servers.migrated import FileTemplates, NewDatabase, PostgresTemplates
from tests.servers.postgres import PostgresServer, postgres_service
from tests.servers.rabbitmq import RabbitmqServer, rabbitmq_service
from tests.servers.services import Service, ServiceSettings, ServiceUnavailable, find
from tests.servers.sharing import shared

# The same examples at every run, and none of them timed: a failure means the code. Others, and ten
# times as many, are tried with --hypothesis-profile=thorough.
settings.load_profile("ci")
settings.register_profile("thorough", settings(), derandomize=False, max_examples=10 * USUAL)

share_compiled_statements()
recognise_imports()  # before test modules import SCIM models

SETTINGS = pytest.StashKey[ServiceSettings]()
ORIGINS = pytest.StashKey[dict[str, str]]()
"""Where each kind of server comes from that a test has asked for, in words."""


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run coroutine tests and async fixtures of every scope on asyncio."""
    return "asyncio", {"use_uvloop": True}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage while tests are collected: what their modules hold lives on."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Look for garbage as Muster's processes do: not again and again among what was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure() -> None:
    """Look for garbage once more, and no further: pytest would look twice, at what lives on too."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def shared_folder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that this process has in common with the others of this run, if any."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if hasattr(pytestconfig, "workerinput") else own


@contextmanager
def _server(service: Service, config: pytest.Config, folder: Path) -> Iterator[str]:
    """Yield the URL of the server of this kind for this run, or skip the test."""
    origins = config.stash[ORIGINS]
    find_it = partial(find, service, local_services=config.stash[SETTINGS].local_services)
    try:
        with shared(folder, service.name, find_it) as found:
            origins[service.name] = found.origin
            yield found.url
    except ServiceUnavailable as reasons:
        origins[service.name] = f"none, so that tests were skipped ({reasons})"
        pytest.skip(f"no {service.name}: {reasons}")


@pytest.fixture(scope="session")
def durable() -> bool:
    """Say whether PostgreSQL, where it is started for these tests, keeps its files on a disk."""
    return False


@pytest.fixture(scope="session")
def postgres_server(
    pytestconfig: pytest.Config, shared_folder: Path, durable: bool
) -> Iterator[PostgresServer]:
    """Give the PostgreSQL server of this run, or skip the test."""
    service = postgres_service(pytestconfig.stash[SETTINGS], durable=durable)
    with _server(service, pytestconfig, shared_folder) as url:
        yield PostgresServer(url)


@pytest.fixture(scope="session")
def rabbitmq_server(pytestconfig: pytest.Config, shared_folder: Path) -> Iterator[RabbitmqServer]:
    """Give the RabbitMQ broker of this run, or skip the test."""
    service = rabbitmq_service(pytestconfig.stash[SETTINGS])
    with _server(service, pytestconfig, shared_folder) as url:
        yield RabbitmqServer(url)


@pytest.fixture
def topology(rabbitmq_server: RabbitmqServer) -> Iterator[Topology]:
    """Give a fresh topology on the broker, with retries that do not keep a test waiting."""
    with rabbitmq_server.fresh_topology() as topology:
        yield topology


@pytest.fixture(scope="session")
def file_templates(tmp_path_factory: pytest.TempPathFactory) -> FileTemplates:
    """Give the migrated SQLite files of this run."""
    return FileTemplates(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def postgres_templates(postgres_server: PostgresServer) -> Iterator[PostgresTemplates]:
    """Give the migrated databases of this run; they are dropped before their server goes."""
    with ExitStack() as kept:
        yield PostgresTemplates(postgres_server, kept)


@contextmanager
def _new_databases(request: pytest.FixtureRequest, folder: Path) -> Iterator[NewDatabase]:
    """Yield what makes databases of the kind of a request; they end with the block."""
    if request.param == "sqlite":
        file_templates: FileTemplates = request.getfixturevalue("file_templates")
        numbers = count(1)

        def new_file(schema: Schema | None = None) -> str:
            file = folder / f"{next(numbers)}.db"
            return file_templates.copy(schema, file) if schema else f"sqlite+aiosqlite:///{file}"

        yield new_file
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    templates: PostgresTemplates = request.getfixturevalue("postgres_templates")
    with ExitStack() as databases:

        def new_database(schema: Schema | None = None) -> str:
            made = templates.copy(schema) if schema else server.fresh_database()
            return databases.enter_context(made)

        yield new_database


@pytest.fixture(params=BOTH_DATABASES)
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewDatabase]:
    """Give what makes fresh databases, empty or migrated: once on SQLite, once on PostgreSQL.

    A test for one of them is marked
    ``@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)``.
    """
    with _new_databases(request, tmp_path) as new_database_url:
        yield new_database_url


@pytest.fixture(scope="module", params=BOTH_DATABASES)
def shared_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NewDatabase]:
    """Give the same for databases that the tests of a module share, which leave them as they are.

    A fixture of the module takes it, and makes there what its tests look at.
    """
    with _new_databases(request, tmp_path_factory.mktemp("shared")) as shared_database_url:
        yield shared_database_url


@pytest.fixture
def database_url(new_database_url: NewDatabase) -> str:
    """Give the URL of one fresh, empty database: once on SQLite, once on PostgreSQL."""
    return new_database_url()


@pytest.fixture
def directory_url(new_database_url: NewDatabase) -> str:
    """Give the URL of a directory without anybody in it, on each database."""
    return new_database_url(DIRECTORY)


@pytest.fixture
def downstream_url(new_database_url: NewDatabase) -> str:
    """Give the URL of a downstream without anybody in it, on each database."""
    return new_database_url(DOWNSTREAM)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings of this run."""
    config.stash[SETTINGS] = ServiceSettings()
    config.stash[ORIGINS] = {}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a skipped test where that is not allowed."""
    report = yield
    if not hasattr(report, "wasxfail"):  # an expected failure is reported as a kind of skip
        _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a skipped file where that is not allowed."""
    report = yield
    _fail_if_skipped(report, collector.config)
    return report


def _fail_if_skipped(
    report: pytest.TestReport | pytest.CollectReport, config: pytest.Config
) -> None:
    if report.skipped and config.stash[SETTINGS].require_services:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"MUSTER_TEST_REQUIRE_SERVICES=1 allows no skip. {reason}"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Note which servers a process has found that ran some of the tests."""
    node.config.stash[ORIGINS] |= getattr(node, "workeroutput", {}).get("origins", {})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that gathers the results which servers this one has found."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["origins"] = session.config.stash[ORIGINS]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say in one line per kind of server where it came from."""
    for name, origin in config.stash[ORIGINS].items():
        terminalreporter.write_line(f"{name}: {origin}")
