"""What happens to lines? They are cut, refused, stalled or slow, to the broker or the database."""

import asyncio

from tests.faults.distributed.site import Site
from tests.tcp_proxy import TcpProxy


async def cut(site: Site, line: str) -> None:
    """Cut every connection; new ones are made at once."""
    proxy = _proxy(site, line)
    proxy.cut()
    proxy.mend()


async def refuse(site: Site, line: str) -> None:
    """Cut every connection, and refuse new ones for a while."""
    proxy, seconds = _proxy(site, line), site.drawn.uniform(0.2, 3)
    proxy.cut()
    await asyncio.sleep(seconds)
    proxy.mend()


async def stall(site: Site, line: str) -> None:
    """Pass nothing on for a while, neither data nor the end of a connection."""
    proxy, seconds = _proxy(site, line), site.drawn.uniform(0.2, 3)
    proxy.freeze()
    await asyncio.sleep(seconds)
    proxy.mend()


async def stall_and_cut(site: Site, line: str) -> None:
    """Cut connections that had stalled: who waits for an answer does not know what was heard."""
    proxy, seconds = _proxy(site, line), site.drawn.uniform(0.2, 1)
    proxy.freeze()
    await asyncio.sleep(seconds)
    proxy.cut()
    proxy.mend()


async def trickle(site: Site, line: str) -> None:
    """Pass on a little at a time for a while."""
    proxy, seconds = _proxy(site, line), site.drawn.uniform(0.5, 3)
    proxy.trickle()
    await asyncio.sleep(seconds)
    proxy.mend()


def _proxy(site: Site, line: str) -> TcpProxy:
    return {"broker": site.broker, "database": site.database}[line]
