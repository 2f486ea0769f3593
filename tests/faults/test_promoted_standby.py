"""Does Muster follow when a standby takes over, and does it keep what was acknowledged?"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SETTINGS
from tests.drivers.forked_muster import ForkedInstallation
from tests.drivers.lapsed_leases import LET_LEASES_LAPSE
from tests.drivers.muster_process import MusterProcess
from tests.servers.ports import free_port
from tests.servers.postgres import connected
from tests.servers.services import ServiceUnavailable
from tests.servers.standby import PrimaryAndStandby, primary_and_standby, superuser_of
from tests.servers.tcp_proxy import TcpProxy

AT_A_TIME, BEFORE, AFTER = 3, 10, 10
"""Providers that push, and the acknowledged people before the primary is lost and after."""

RULES = ("--on-create", "create-employee", "--on-deactivate", "remove-employee")
PAUSE, HANGS_AFTER_SECONDS = 0.1, 90


@pytest.fixture
def servers(pytestconfig: pytest.Config) -> Iterator[PrimaryAndStandby]:
    try:
        with primary_and_standby(pytestconfig.stash[SETTINGS]) as servers:
            yield servers
    except ServiceUnavailable as reason:
        pytest.skip(f"no primary with a standby: {reason}")


@pytest.fixture
async def line(servers: PrimaryAndStandby) -> AsyncIterator[TcpProxy]:
    """Give the line to the primary."""
    async with TcpProxy(*servers.primary).serving() as line:
        yield line


@pytest.fixture
async def muster(
    servers: PrimaryAndStandby, line: TcpProxy, tmp_path: Path
) -> AsyncIterator[MusterProcess]:
    """Give an installation that knows both servers, on empty databases."""
    host, port = servers.standby
    at = f"postgresql://postgres:postgres@127.0.0.1:{line.port},{host}:{port}"
    urls = f"{at}/directory", f"{at}/downstream"
    process = ForkedInstallation(tmp_path, free_port(), urls)
    yield process
    if process.process is not None and process.process.returncode is None:
        await process.kill()


class Provider:
    """Creates people one after the other, and repeats a creation that was not acknowledged."""

    def __init__(self, base_url: str, token: str) -> None:
        authorization = {"Authorization": f"Bearer {token}"}
        self.http = httpx2.AsyncClient(base_url=base_url, headers=authorization, timeout=30)
        self.acknowledged: list[str] = []
        self.refused = 0
        self.numbers = count()
        self.stopping = False

    async def push(self) -> None:
        """Create people until told to stop."""
        while not self.stopping:
            name = f"person-{next(self.numbers)}@example.com"
            while (status := await self._create(name)) not in (201, 409):
                assert status == 503, status
                self.refused += 1
                await asyncio.sleep(PAUSE)
            self.acknowledged.append(name)

    async def until(self, number: int) -> None:
        """Return once so many people are acknowledged."""
        while len(self.acknowledged) < number:
            await asyncio.sleep(PAUSE)

    async def _create(self, name: str) -> int:
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
        user = {"schemas": schemas, "userName": name, "emails": [{"value": name}]}
        return (await self.http.post("/Users", json=user)).status_code


@pytest.mark.slow
async def test_everything_acknowledged_is_there_after_a_standby_was_promoted(
    muster: MusterProcess, servers: PrimaryAndStandby, line: TcpProxy
) -> None:
    await muster.start()
    opened = await asyncio.to_thread(
        muster.command, "connections", "create", "acme", "store", "--new-workspace", *RULES
    )
    provider = Provider(opened["base_url"], opened["token"])
    async with asyncio.timeout(HANGS_AFTER_SECONDS), provider.http, asyncio.TaskGroup() as tasks:
        for _ in range(AT_A_TIME):
            tasks.create_task(provider.push())
        await provider.until(BEFORE)
        line.cut()
        await asyncio.to_thread(servers.promote)
        await provider.until(len(provider.acknowledged) + AFTER)
        provider.stopping = True
    assert provider.refused
    await _until_nothing_is_pending(muster, servers)
    accounts = await asyncio.to_thread(muster.command, "accounts", "list", "acme")
    assert sorted(it["email"] for it in accounts) == sorted(provider.acknowledged)
    assert (await asyncio.to_thread(muster.command, "reconcile"))["findings"] == []
    assert await muster.stop() == 0


async def _until_nothing_is_pending(muster: MusterProcess, servers: PrimaryAndStandby) -> None:
    promoted = superuser_of(servers.standby, "directory")
    async with asyncio.timeout(HANGS_AFTER_SECONDS):
        while (await asyncio.to_thread(muster.command, "status"))["pending"]:
            async with connected(promoted) as directory:
                # The minute of a lease is over that the relay took before the primary was lost.
                await directory.execute(LET_LEASES_LAPSE)
            await asyncio.sleep(PAUSE)
