"""What happens to lines? They are cut, refused, stalled or slow, to the broker or the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.distributed.site import Site
from tests.servers.tcp_proxy import TcpProxy

SHORT, LONG = (0.2, 1), (0.2, 3)
"""Seconds, from and to."""


async def cut(site: Site, line: str) -> None:
    """Cut every connection; new ones are made at once."""
    proxy = _proxy(site, line)
    proxy.cut()
    proxy.mend()


async def refuse(site: Site, line: str) -> None:
    """Cut every connection, and refuse new ones for a while."""
    async with _for_a_while(site, line) as proxy:
        proxy.cut()


async def stall(site: Site, line: str) -> None:
    """Pass nothing on for a while, neither data nor the end of a connection."""
    async with _for_a_while(site, line) as proxy:
        proxy.freeze()


async def stall_and_cut(site: Site, line: str) -> None:
    """Cut connections that had stalled: who waits for an answer does not know what was heard."""
    _proxy(site, line).freeze()
    await asyncio.sleep(site.drawn.uniform(*SHORT))
    await cut(site, line)


async def forget(site: Site, line: str) -> None:
    """Forget every connection in silence, as a NAT does; new ones are passed on."""
    _proxy(site, line).forget()


async def trickle(site: Site, line: str) -> None:
    """Pass on a little at a time for a while."""
    async with _for_a_while(site, line) as proxy:
        proxy.trickle()


@asynccontextmanager
async def _for_a_while(site: Site, line: str) -> AsyncIterator[TcpProxy]:
    """Give the proxy to be broken; it is mended some time after."""
    proxy = _proxy(site, line)
    yield proxy
    await asyncio.sleep(site.drawn.uniform(*LONG))
    proxy.mend()


def _proxy(site: Site, line: str) -> TcpProxy:
    return {"broker": site.broker, "database": site.database}[line]
