"""Which address of a server is tried next, and for how long? Each gets its share of the time."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from contracts.servers import Server

T = TypeVar("T")

SHUNNED_SECONDS = 60.0
"""For so long an address that has failed is tried after those that have not."""


@dataclass(frozen=True, slots=True)
class Address:
    """One place where a server may be: what a socket of the family connects to."""

    server: Server
    family: int
    place: tuple[Any, ...]


LookUp = Callable[[Server], Awaitable[Sequence[Address]]]


async def look_up(server: Server) -> Sequence[Address]:
    """Ask the system for all addresses of a server."""
    found = await asyncio.get_running_loop().getaddrinfo(
        server.host, server.port, type=socket.SOCK_STREAM
    )
    return [Address(server, family, place) for family, _, _, _, place in found]


class Addresses:
    """The addresses of servers that are as good as each other, and which of them failed lately.

    They are looked up anew each time: what a name stands for changes where servers move.
    """

    def __init__(self, servers: Sequence[Server], look_up: LookUp = look_up) -> None:
        self._servers = servers
        self._look_up = look_up
        self._failed: dict[tuple[Any, ...], float] = {}

    async def reach(
        self,
        attempt: Callable[[Address], Awaitable[T]],
        seconds: float,
        failures: tuple[type[Exception], ...] = (OSError,),
    ) -> T:
        """Return what the first attempt that succeeds returns.

        Those that say nothing have an equal share of the time each, so that every one is tried.

        :param seconds: for all of it.
        :param failures: after which the next address is tried, beside the end of its time.
        :raises TimeoutError: when no address has answered in time.
        :raises OSError: when there is no such server. Otherwise what the last attempt raised.
        """
        failures = (*failures, TimeoutError)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        async with asyncio.timeout_at(end):
            addresses = self._in_order(await self._all(), loop.time())
        problem: Exception = TimeoutError()
        for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return await self._try(attempt, address, (end - loop.time()) / left)
            except failures as error:
                problem = error
        raise problem

    async def _all(self) -> Sequence[Address]:
        found = await asyncio.gather(
            *(self._look_up(it) for it in self._servers), return_exceptions=True
        )
        known = [address for it in found if not isinstance(it, BaseException) for address in it]
        for it in found:
            if isinstance(it, BaseException) and not known:
                raise it
        return known

    def _in_order(self, addresses: Sequence[Address], now: float) -> list[Address]:
        """Return them as dice have it, and then those that failed, the latest of them last."""
        failed = {at: when for at, when in self._failed.items() if now - when < SHUNNED_SECONDS}
        self._failed = failed
        shuffled = random.sample(addresses, len(addresses))
        return sorted(shuffled, key=lambda it: failed.get(it.place, 0.0))

    async def _try(
        self, attempt: Callable[[Address], Awaitable[T]], address: Address, seconds: float
    ) -> T:
        """Try one. Its cleaning up is left to itself: it may have to wait for the same silence."""
        trying = asyncio.ensure_future(attempt(address))
        try:
            result = await asyncio.wait_for(asyncio.shield(trying), seconds)
        except BaseException:
            self._failed[address.place] = asyncio.get_running_loop().time()
            trying.add_done_callback(_forget)
            trying.cancel()
            raise
        self._failed.pop(address.place, None)
        return result


def _forget(attempt: "asyncio.Future[Any]") -> None:
    if not attempt.cancelled():
        attempt.exception()
