"""What do these tests share? A Chromium, and a console with one of everything to look at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from api.admin_app import create_admin_app
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.conftest import ORIGINS, SETTINGS
from tests.drivers.admin_http import OPERATOR_TOKEN
from tests.drivers.both_sides import opened_on_both_sides
from tests.drivers.examinations import one_finding
from tests.drivers.full_workspace import MARKUP, PLAIN, FullWorkspace, Texts, full_workspace
from tests.drivers.installation import Installation
from tests.drivers.served_app import served_app
from tests.end_to_end.console.served_muster import ServedMuster, as_parts, as_single_process
from tests.end_to_end.console.visits import ANSWER_MILLISECONDS
from tests.servers.chromium import running_chromium
from tests.servers.migrated import FileTemplates
from tests.servers.services import ServiceUnavailable


@dataclass(frozen=True, slots=True)
class Exhibition:
    """A workspace that is served for looking at: nothing of it goes on by itself."""

    origin: str
    full: FullWorkspace


@pytest.fixture(scope="session")
async def browser(pytestconfig: pytest.Config) -> AsyncIterator[Browser]:
    """Give the Chromium of this run, or skip the test."""
    origins = pytestconfig.stash[ORIGINS]
    try:
        async with running_chromium(pytestconfig.stash[SETTINGS]) as running:
            origins["Chromium"] = running.origin
            expect.set_options(timeout=ANSWER_MILLISECONDS)
            yield running.browser
    except ServiceUnavailable as reason:
        origins["Chromium"] = f"none, so that tests were skipped ({reason})"
        pytest.skip(f"no Chromium: {reason}")


@pytest.fixture(scope="module")
async def single_process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedMuster]:
    """Give everything in one process."""
    async with as_single_process(tmp_path_factory.mktemp("single-process")) as muster:
        yield muster


@pytest.fixture(scope="module")
async def parts(installation: Installation) -> AsyncIterator[ServedMuster]:
    """Give a process of each part. They end with their module, or would do the work of others."""
    async with as_parts(installation) as muster:
        yield muster


@pytest.fixture(
    scope="module",
    params=[
        "single_process",
        pytest.param("parts", marks=[pytest.mark.postgres, pytest.mark.rabbitmq]),
    ],
)
def muster(request: pytest.FixtureRequest) -> ServedMuster:
    """Give an installation of each kind, which the stories of the module share."""
    served: ServedMuster = request.getfixturevalue(request.param)
    return served


@pytest.fixture(scope="session")
async def exhibition(
    file_templates: FileTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Exhibition]:
    """Give a console to look at."""
    async with exhibited(file_templates, tmp_path_factory.mktemp("exhibition"), PLAIN) as shown:
        yield shown


@pytest.fixture(scope="session")
async def exhibited_markup(
    file_templates: FileTemplates, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Exhibition]:
    """Give a console whose every text is markup."""
    async with exhibited(file_templates, tmp_path_factory.mktemp("markup"), MARKUP) as shown:
        yield shown


@asynccontextmanager
async def exhibited(
    templates: FileTemplates, folder: Path, texts: Texts
) -> AsyncIterator[Exhibition]:
    """Serve a workspace with one of everything, on SQLite."""
    sides = ((schema, folder / f"{schema.version_table}.db") for schema in (DIRECTORY, DOWNSTREAM))
    urls = [templates.copy(schema, file) for schema, file in sides]
    async with opened_on_both_sides(*urls) as databases, full_workspace(databases, texts) as full:
        it = full.it
        app = create_admin_app(it, examination=one_finding, operator_token=OPERATOR_TOKEN)
        async with served_app(app) as origin:
            yield Exhibition(origin, full)
