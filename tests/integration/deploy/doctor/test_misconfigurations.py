"""Does the doctor name what is wrong, and nothing else? Each misconfiguration is tried for real."""

from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from api.admin.examination import Finding, Result
from contracts.topology import RETRY_DELAYS, Topology
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.doctor.examine import examine
from deploy.settings import read_as_understood
from tests.drivers.over_http import served_api
from tests.integration.deploy.doctor.installation import (
    Installation,
    as_written,
    move_to_postgres,
    move_to_rabbitmq,
    on_sqlite,
)
from tests.integration.deploy.doctor.misconfigurations import (
    MISCONFIGURATIONS,
    Base,
    Misconfiguration,
)
from tests.servers.migrated import FileTemplates, PostgresTemplates
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.services import adopt_environment, own_settings

MARKS = {
    Base.SQLITE: (),
    Base.POSTGRES: (pytest.mark.postgres,),
    Base.RABBITMQ: (pytest.mark.postgres, pytest.mark.rabbitmq),
}

STOCK_PASSWORDS = {"stock-password"}
"""Servers of tests may have the passwords that servers are delivered with."""


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, file_templates: FileTemplates
) -> Iterator[tuple[str, int]]:
    """Give the address of an api, in whose directory the calls of the doctor change nothing."""
    file = tmp_path_factory.mktemp("served") / "served.db"
    with served_api(file_templates.copy(DIRECTORY, file)) as api:
        url = urlsplit(api.base)
        yield str(url.hostname), int(url.port or 0)


@pytest.fixture(scope="module")
def on_postgres(postgres_templates: PostgresTemplates) -> Iterator[tuple[str, str]]:
    """Give the URLs of a directory and a downstream on PostgreSQL."""
    copy = postgres_templates.copy
    with copy(DIRECTORY) as directory, copy(DOWNSTREAM) as downstream:
        yield as_written(directory), as_written(downstream)


@pytest.fixture(scope="module")
def applied(rabbitmq_server: RabbitmqServer) -> Iterator[Topology]:
    """Give a topology that is on the broker, with the retries of an installation."""
    with rabbitmq_server.fresh_topology(retry_delays=RETRY_DELAYS) as topology:
        yield topology


@pytest.fixture
async def installation(
    request: pytest.FixtureRequest, tmp_path: Path, file_templates: FileTemplates
) -> AsyncIterator[Installation]:
    """Give an installation in which all is well."""
    before = own_settings()
    async with on_sqlite(tmp_path, request.getfixturevalue, file_templates) as installation:
        yield installation
    adopt_environment(before)


async def findings(installation: Installation) -> Collection[Finding]:
    """Return what the doctor finds that is not well."""
    adopt_environment(installation.environment)
    found = await examine(read_as_understood())
    return [it for it in found if it.result is not Result.OK]


def test_there_are_thirty_misconfigurations_and_more_which_differ() -> None:
    assert len({it.name for it in MISCONFIGURATIONS}) > 40
    assert len({it.code for it in MISCONFIGURATIONS}) > 40


def move(installation: Installation, base: Base) -> None:
    """Put an installation on the servers of a base."""
    if base is Base.POSTGRES:
        move_to_postgres(installation)
    elif base is Base.RABBITMQ:
        move_to_rabbitmq(installation)


@pytest.mark.parametrize("base", [pytest.param(it, marks=MARKS[it]) for it in Base])
async def test_where_all_is_well_nothing_is_found(installation: Installation, base: Base) -> None:
    move(installation, base)
    assert {it.code for it in await findings(installation)} <= STOCK_PASSWORDS


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(it, id=f"{it.code}: {it.name}", marks=MARKS[it.base])
        for it in MISCONFIGURATIONS
    ],
)
async def test_a_misconfiguration_is_named_and_nothing_else(
    installation: Installation, wrong: Misconfiguration
) -> None:
    move(installation, wrong.base)
    await wrong.spoil(installation)
    found = await findings(installation)
    assert {it.code for it in found} - STOCK_PASSWORDS == {wrong.code}
    told = " ".join(f"{it.says} {it.advice}" for it in found if it.code == wrong.code)
    assert wrong.tells in told
    assert "secret" not in " ".join(f"{it.says} {it.advice}" for it in found)
