"""Does the doctor name what is wrong, and nothing else? Each misconfiguration is tried for real."""

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from api.admin.examination import Finding, Result
from deploy.doctor.examine import examine
from deploy.settings import read_as_understood
from tests.integration.deploy.doctor.installation import (
    Installation,
    move_to_postgres,
    move_to_rabbitmq,
    on_sqlite,
)
from tests.integration.deploy.doctor.misconfigurations import (
    MISCONFIGURATIONS,
    Base,
    Misconfiguration,
)
from tests.servers.migrated import FileTemplates
from tests.servers.services import adopt_environment, own_settings

MARKS = {
    Base.SQLITE: (),
    Base.POSTGRES: (pytest.mark.postgres,),
    Base.RABBITMQ: (pytest.mark.postgres, pytest.mark.rabbitmq),
}

STOCK_PASSWORDS = {"stock-password"}
"""Servers of tests may have the passwords that servers are delivered with."""


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
    if wrong.base is Base.POSTGRES:
        move_to_postgres(installation)
    elif wrong.base is Base.RABBITMQ:
        move_to_rabbitmq(installation)
    healthy = {it.code for it in await findings(installation)}
    assert healthy <= STOCK_PASSWORDS
    await wrong.spoil(installation)
    found = await findings(installation)
    assert {it.code for it in found} - STOCK_PASSWORDS == {wrong.code}
    told = " ".join(f"{it.says} {it.advice}" for it in found if it.code == wrong.code)
    assert wrong.tells in told
    assert "secret" not in " ".join(f"{it.says} {it.advice}" for it in found)
