"""Does the doctor see what a provider with a token sees, and end the token that it makes?"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

import pytest

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connection_states import change_state
from api.admin.list_audit import list_changes
from api.admin.tokens import TokenState, create_token, list_tokens
from api.directory.connection_states import Verb
from api.directory.dialects import DirectoryDatabase
from deploy.databases.migrations import DIRECTORY
from deploy.doctor.first_calls import make_first_calls
from deploy.doctor.http_calls import Place
from tests.drivers.administration import administration_on
from tests.drivers.over_http import ServedApi, database_of, ingress_over_http, served_api
from tests.servers.http_proxy import Head, HttpProxy
from tests.servers.migrated import NewDatabase


@dataclass(frozen=True, slots=True)
class World:
    """A connection of an api that is served, and a proxy in front of it."""

    it: Administration
    connection: str
    proxy: HttpProxy

    async def codes(self) -> list[str]:
        """Return the codes of what is found on the way over the proxy."""
        place = Place("127.0.0.1", self.proxy.port, None)
        return [found.code for found in await make_first_calls(self.it, self.connection, place)]


@dataclass(frozen=True, slots=True)
class Served:
    """An api that is served, and its directory."""

    api: ServedApi
    directory: DirectoryDatabase


@pytest.fixture(scope="module")
async def served(shared_database_url: NewDatabase) -> AsyncIterator[Served]:
    """Give an api in whose directory each test has a connection of its own."""
    with served_api(shared_database_url(DIRECTORY)) as api:
        async with database_of(api) as directory:
            yield Served(api, directory)


@pytest.fixture
async def world(served: Served) -> AsyncIterator[World]:
    """Give a connection with a person."""
    url = urlsplit(served.api.base)
    async with (
        ingress_over_http(served.api, served.directory) as ingress,
        HttpProxy((str(url.hostname), int(url.port or 0))).serving() as proxy,
    ):
        await ingress.user("ada@acme.test")
        it = replace(administration_on(served.directory), public_url=served.api.base)
        yield World(it, ingress.connection, proxy)


async def test_the_calls_succeed_and_their_token_ends(world: World) -> None:
    assert await world.codes() == ["ok"]
    tokens = await list_tokens(world.it, COMMAND, world.connection, revoked=True)
    assert {it.name: it.state for it in tokens} == {
        None: TokenState.LIVE,
        "muster doctor": TokenState.REVOKED,
    }
    changes = await list_changes(world.it, COMMAND, connection=world.connection)
    assert [it.action for it in changes][:2] == ["tokens.revoke", "tokens.create"]


async def test_no_third_token_is_made(world: World) -> None:
    await create_token(world.it, COMMAND, world.connection)
    assert await world.codes() == ["no-token"]


async def test_an_unknown_connection_is_told(world: World) -> None:
    [found] = await make_first_calls(world.it, "acme-nowhere")
    assert found.code == "no-token"
    assert "acme-nowhere" in found.says


async def test_a_connection_that_is_off_is_told(world: World) -> None:
    await change_state(world.it, COMMAND, world.connection, Verb.OFF)
    assert await world.codes() == ["forbidden"]


def _does(change: Callable[[Head], Head]) -> Callable[[Head, asyncio.StreamReader], object]:
    async def behaviour(head: Head, _reader: asyncio.StreamReader) -> Head:
        return change(head)

    return behaviour


def _decoded(head: Head) -> Head:
    path, mark, query = head.target.partition("?")
    return replace(head, target=f"{path}{mark}{unquote(query).replace(' ', '+')}")


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda head: head.without("authorization"), "another-directory"),
        (_decoded, "query-decoded"),
        (lambda head: replace(head, target=head.target.replace("Groups", "Group")), "call-fails"),
    ],
    ids=["the token is lost", "queries are decoded", "groups are kept back"],
)
async def test_what_a_proxy_does_is_told(
    world: World, change: Callable[[Head], Head], code: str
) -> None:
    world.proxy.behaviour = _does(change)  # type: ignore[assignment]
    assert await world.codes() == [code]


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
async def test_an_api_with_another_public_url_is_told(world: World) -> None:
    at_proxy = replace(world.it, public_url=f"http://127.0.0.1:{world.proxy.port}")
    found = await make_first_calls(at_proxy, world.connection)
    assert [it.code for it in found] == ["another-public-url"]
