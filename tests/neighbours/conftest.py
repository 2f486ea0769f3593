"""What do these tests share? A server that waits for its disk, as one in use does."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.neighbours.judgement import complaints
from tests.neighbours.requests import Tenant
from tests.neighbours.served_process import ServedProcess

QUIET_SECONDS = 2.0


@pytest.fixture(scope="session")
def durable() -> bool:
    """Let commits wait: the promises to a tenant are about time."""
    return True


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Ask from asyncio's own loop: where a peer hangs up, uvloop gives anyio half a connection."""
    return "asyncio"


@pytest.fixture(scope="module")
async def pace(server: ServedProcess) -> float:
    """Say at what pace this machine serves the victim while nobody else asks."""
    await server.until_quiet()
    alone = await server.victim.served_during(asyncio.sleep(QUIET_SECONDS))
    pace = alone.pace()
    assert not complaints(alone, pace, 0)
    return pace


@pytest.fixture(scope="module")
async def crowd(server: ServedProcess) -> AsyncIterator[Tenant]:
    """Give a tenant whose many users are made once."""
    async with server.tenant("crowd") as tenant:
        yield tenant
