"""Do events flow from the transport into the database? The embedded transport, end to end."""

import asyncio
from functools import partial
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import make_url

from contracts.embedded_transport import EmbeddedTransport
from contracts.rules import Portal, Role
from contracts.topology import Lane
from contracts.transport import Confirmed, Unknown
from deploy.databases.engines import open_engines
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    joiner,
    left,
    renamed,
)
from tests.drivers.platform import Platform, parcel
from tests.integration.worker.running_worker import is_paused, until, working
from tests.servers.read_only import demote, promote
from tests.servers.tcp_proxy import TcpProxy
from worker.dialects import DownstreamDatabase


async def test_events_of_both_lanes_are_applied_and_confirmed(platform: Platform) -> None:
    transport = EmbeddedTransport()
    async with working(platform.database, transport):
        joiners = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(300)]
        outcomes = await transport.publish([parcel(event) for event in joiners])
        assert set(outcomes) == {Confirmed()}
        leaver = parcel(left(joiners[0], STORE), Lane.URGENT)
        assert await transport.publish([leaver]) == [Confirmed()]
    accounts = await platform.accounts()
    assert len(accounts) == 300
    assert [account.removed for account in accounts].count(True) == 1


async def test_a_leaver_overtakes_joiners_that_queue(platform: Platform) -> None:
    transport = EmbeddedTransport()
    await platform.apply(joiner(STORE))
    joiners = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(1_000)]
    queued = asyncio.ensure_future(transport.publish([parcel(event) for event in joiners]))
    await asyncio.sleep(0)  # the joiners are in their lane first
    async with working(platform.database, transport):
        await transport.publish([parcel(left(joiner(STORE), STORE), Lane.URGENT)])
        assert not queued.done()
        await queued


async def test_a_stop_finishes_the_batch_in_hand(platform: Platform) -> None:
    transport = EmbeddedTransport()
    joiners = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(1_000)]
    queued = asyncio.ensure_future(transport.publish([parcel(event) for event in joiners]))
    async with working(platform.database, transport) as stop:
        await transport.publish([parcel(joiner(STORE), Lane.URGENT)])
        stop.set()
    await transport.close()
    outcomes = await queued
    confirmed = outcomes.count(Confirmed())
    assert confirmed + outcomes.count(Unknown("closed")) == 1_000
    assert len(await platform.accounts()) == confirmed + 1


async def test_a_refused_identity_is_planned_again_by_the_running_worker(
    platform: Platform,
) -> None:
    rules, transport = dashboard(Role.ADMIN), EmbeddedTransport()
    await platform.apply(joiner(rules))

    async def is_gone() -> bool:
        return await platform.reasons() == []

    async with working(platform.database, transport):
        await transport.publish([parcel(left(joiner(rules), rules), Lane.URGENT)])
        assert await platform.reasons() == ["last_admin"]
        await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.ADMIN)
        await until(is_gone)
    assert [account.email for account in await platform.accounts()] == [BEN, None]


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_consuming_pauses_while_the_database_is_away_and_resumes_by_itself(
    platform: Platform, platform_url: str
) -> None:
    url = make_url(platform_url)
    transport = EmbeddedTransport()
    async with TcpProxy(url.host or "127.0.0.1", url.port or 5432).serving() as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        reading, writing = open_engines(through.render_as_string(hide_password=False))
        async with working(DownstreamDatabase(reading, writing), transport):
            assert await transport.publish([parcel(joiner(STORE))]) == [Confirmed()]
            proxy.cut()
            later = parcel(renamed(joiner(STORE), email="new@acme.test"))
            waiting = asyncio.ensure_future(transport.publish([later]))
            await proxy.knocked(12)
            assert not waiting.done()
            proxy.mend()
            assert await waiting == [Confirmed()]
        await reading.dispose()
        await writing.dispose()
    assert [account.email for account in await platform.accounts()] == ["new@acme.test"]
    assert await platform.count("failures") == 0


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_while_downstream_is_read_only_consuming_pauses_and_no_event_loses_a_try(
    platform: Platform, platform_url: str
) -> None:
    transport, metrics = EmbeddedTransport(), CollectorRegistry()
    await platform.apply(joiner(STORE))
    async with working(platform.database, transport, metrics):
        await demote(platform_url)
        leaver = parcel(left(joiner(STORE), STORE), Lane.URGENT)
        waiting = asyncio.ensure_future(transport.publish([leaver]))
        await until(partial(is_paused, metrics, Lane.URGENT))
        assert not waiting.done()
        await promote(platform_url)
        assert await waiting == [Confirmed()]
        assert not await is_paused(metrics, Lane.URGENT)
    assert [account.removed for account in await platform.accounts()] == [True]
    assert await platform.count("failures") == 0
    assert await platform.count("workspaces") == 1


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
async def test_while_the_disk_is_full_consuming_pauses_and_no_event_loses_a_try(
    platform: Platform,
) -> None:
    transport, metrics = EmbeddedTransport(), CollectorRegistry()
    joiners = [joiner(STORE, f"{n}@acme.test", f"i{n}") for n in range(400)]
    await platform.apply(joiner(STORE))
    await _allow_pages(platform.database, 1)  # as many as there are, and none more
    async with working(platform.database, transport, metrics):
        waiting = asyncio.ensure_future(transport.publish([parcel(event) for event in joiners]))
        await until(partial(is_paused, metrics, Lane.BULK))
        assert not waiting.done()
        await _allow_pages(platform.database, 1_000_000)
        assert set(await waiting) == {Confirmed()}
    assert len(await platform.accounts()) == 401
    assert await platform.count("workspaces") == 1


async def _allow_pages(downstream: DownstreamDatabase, pages: int) -> None:
    """Let a file of SQLite have so many pages, as if its disk had no more room."""
    async with downstream.writing.connect() as db:
        driver: Any = (await db.get_raw_connection()).driver_connection
        await driver.execute(f"PRAGMA max_page_count = {pages}")


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_stop_while_the_database_is_away_leaves_the_event_to_come_again(
    downstream_url: str,
) -> None:
    url = make_url(downstream_url)
    transport = EmbeddedTransport()
    async with TcpProxy(url.host or "127.0.0.1", url.port or 5432).serving() as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port)
        reading, writing = open_engines(through.render_as_string(hide_password=False))
        proxy.cut()
        async with working(DownstreamDatabase(reading, writing), transport):
            waiting = asyncio.ensure_future(transport.publish([parcel(joiner(STORE, ADA))]))
            await proxy.knocked(10)
        await transport.close()
        assert await waiting == [Unknown("closed")]
        await reading.dispose()
        await writing.dispose()
