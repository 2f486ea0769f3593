"""Are lines noticed that somebody in between has forgotten in silence? To the databases."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from contracts.addresses import look_up
from contracts.servers import Server
from contracts.sockets import KEEPALIVE_OPTIONS, open_socket
from deploy.databases.resting_sessions import ASKED_AFTER, REPLACED_AFTER, RestingSessions
from tests.servers.migrated import NewDatabase
from tests.servers.tcp_proxy import TcpProxy

pytestmark = pytest.mark.postgres
on_postgres = pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)

SESSIONS = 3
HANGS_AFTER_SECONDS = 30


class Clock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def proxy(new_database_url: NewDatabase) -> AsyncIterator[TcpProxy]:
    """Give a line to the server."""
    url = make_url(new_database_url())
    async with TcpProxy(url.host or "127.0.0.1", url.port or 5432).serving() as proxy:
        yield proxy


@pytest.fixture
async def engines(
    new_database_url: NewDatabase, proxy: TcpProxy, clock: Clock
) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """Give two pools of one database, behind the proxy."""
    url = make_url(new_database_url()).set(host="127.0.0.1", port=proxy.port)
    resting = RestingSessions(clock)
    engines = create_async_engine(url), create_async_engine(url)
    for engine in engines:
        resting.attach_to(engine.sync_engine)
    yield engines
    proxy.cut()
    for engine in engines:
        await engine.dispose()


async def _backends(engine: AsyncEngine, sessions: int = SESSIONS) -> set[int]:
    """Use several sessions at a time, and tell them apart by the processes of the server."""
    found = set()
    async with AsyncExitStack() as stack:
        for _ in range(sessions):
            db = await stack.enter_async_context(engine.connect())
            found.add((await db.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one())
    return found


@on_postgres
async def test_a_forgotten_line_is_noticed_at_once_and_so_are_all_others(
    engines: tuple[AsyncEngine, AsyncEngine], proxy: TcpProxy, clock: Clock
) -> None:
    before = [await _backends(engine) for engine in engines]
    proxy.forget()
    clock.now += ASKED_AFTER + 0.1
    async with asyncio.timeout(HANGS_AFTER_SECONDS):
        after = [await _backends(engine) for engine in engines]
    for old, new in zip(before, after, strict=True):
        assert not old & new


@on_postgres
async def test_a_session_that_answers_is_kept(
    engines: tuple[AsyncEngine, AsyncEngine], clock: Clock
) -> None:
    engine, _ = engines
    before = await _backends(engine)
    clock.now += ASKED_AFTER + 0.1
    assert await _backends(engine) == before


@on_postgres
async def test_a_session_that_has_rested_for_minutes_is_replaced_unasked(
    engines: tuple[AsyncEngine, AsyncEngine], clock: Clock, proxy: TcpProxy
) -> None:
    engine, _ = engines
    before = await _backends(engine)
    proxy.forget()
    clock.now += REPLACED_AFTER + 0.1
    assert not before & await _backends(engine)


async def test_lines_are_kept_alive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (address,) = await look_up(Server(*listener.getsockname()))
        with await open_socket(address) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            for name, value in KEEPALIVE_OPTIONS.items():
                if hasattr(socket, name):
                    option = getattr(socket, name)
                    assert line.getsockopt(socket.IPPROTO_TCP, option) == value
