"""Does a page cost the same, however much has happened? Statements are counted on both sides."""

from collections.abc import AsyncIterator

import pytest

from api.admin.actors import COMMAND
from api.admin.audit import Change, record
from api.console.pages.activity import ON_A_PAGE
from api.traces import new_trace
from contracts.clock import now
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.both_sides import Installation, installation_on, opened_on_both_sides
from tests.drivers.browsers import Visitor, signed_in
from tests.drivers.calls import log_calls
from tests.drivers.many_users import PATTERN, multiply
from tests.readings.statements import asked_of
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.migrated import NewDatabase

FEW, MANY = 30, 300

OF_CONNECTIONS = 20
"""Rows of sessions, tokens, workspaces and connections, and of days on which somebody came."""


@pytest.fixture
async def installation(new_database_url: NewDatabase) -> AsyncIterator[Installation]:
    """Give a connection of Acme, with the worker's tables behind it."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as databases, installation_on(databases) as made:
        yield made


@pytest.fixture
async def admin_api(installation: Installation) -> AsyncIterator[AdminApi]:
    """Give the console, which asks both sides."""
    served = installation.administration
    async with admin_api_on(installation.ingress.database, served=served) as api:
        yield api


@pytest.fixture
async def anybody(admin_api: AdminApi) -> Visitor:
    """Give the owner of Acme, of whom the use of the token has been noted just now."""
    visitor = await signed_in(admin_api.app, admin_api.admins["owner"].token)
    await visitor.text("/activity")
    return visitor


async def cost(installation: Installation, visitor: Visitor, path: str) -> tuple[int, int]:
    """Return how many statements a page takes on both sides, and how many rows it reads."""
    with (
        asked_of(installation.ingress.database) as directory,
        asked_of(installation.downstream) as downstream,
    ):
        await visitor.text(path)
    asked = directory, downstream
    return sum(len(it.statements) for it in asked), sum(it.rows for it in asked)


@on_new_databases_of_both
@pytest.mark.parametrize(
    "path",
    ["/activity", "/activity?writes=yes", "/activity?errors=yes"],
    ids=["all", "writes", "errors"],
)
async def test_many_calls_take_as_many_statements_as_few(
    installation: Installation, anybody: Visitor, path: str
) -> None:
    ingress = installation.ingress
    first = await ingress.user(PATTERN)
    await installation.deliver()
    everybody = await multiply(ingress.database, ingress.connection, first, range(1, MANY + 1))
    busy = ingress.connection, "acme-store"
    for connection in busy:
        await log_calls(ingress.database, connection, everybody[:FEW], status=500)
    few, _ = await cost(installation, anybody, path)
    for connection in busy:
        await log_calls(ingress.database, connection, everybody, status=500)
    many, rows = await cost(installation, anybody, path)
    assert many == few
    shown = ON_A_PAGE + 1
    assert rows <= 4 * shown + OF_CONNECTIONS, "the calls, their people, versions and states"


@on_new_databases_of_both
async def test_many_changes_take_as_many_statements_as_few(
    installation: Installation, admin_api: AdminApi, anybody: Visitor
) -> None:
    ada = await installation.ingress.user("ada")

    async def resynced(times: int) -> None:
        change = Change("identities.resync", "Acme", installation.ingress.connection, ada)
        async with admin_api.it.directory.write() as db:
            for _ in range(times):
                await record(db, COMMAND, change, now(), new_trace())

    await resynced(FEW)
    few = await cost(installation, anybody, "/audit")
    await resynced(MANY)
    assert await cost(installation, anybody, "/audit") == few
