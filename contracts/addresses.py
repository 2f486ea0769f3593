"""Which address of a server is tried next, and for how long? Each address gets an equal share."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from contracts.servers import Server

T = TypeVar("T")

DEMOTED_SECONDS = 60.0
"""Seconds for which an address that has failed is tried after the others."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a server, as a socket of the address family connects to it."""

    server: Server
    family: int
    socket_address: tuple[Any, ...]


LookUp = Callable[[Server], Awaitable[Sequence[Address]]]


def keep(_: object) -> None:
    """Do nothing to a result, which ends by itself once nothing refers to it."""


async def look_up(server: Server) -> Sequence[Address]:
    """Ask the system for all addresses of a server."""
    found = await asyncio.get_running_loop().getaddrinfo(
        server.host, server.port, type=socket.SOCK_STREAM
    )
    return [Address(server, family, address) for family, _, _, _, address in found]


class Addresses:
    """The addresses of equivalent servers, with the times at which some of them failed.

    Names are resolved anew for each connection: a server that moves changes its address.
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
        discard: Callable[[T], object] = keep,
    ) -> T:
        """Return the result of the first attempt that succeeds.

        Each address has an equal share of the time, so that silent ones leave time for the others.

        :param seconds: the time for the lookup and all attempts together.
        :param failures: exceptions after which the next address is tried; a time-out always is.
        :param discard: gives up the result of an attempt that succeeds as its caller is cancelled.
        :raises TimeoutError: when no address has answered in time.
        :raises OSError: when there is no such server. Otherwise the last attempt's exception.
        """
        failures = (*failures, TimeoutError)
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        async with asyncio.timeout_at(end):
            addresses = self._in_order(await self._all(), loop.time())
        problem: Exception = TimeoutError()
        for remaining, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            try:
                return await self._try(attempt, address, (end - loop.time()) / remaining, discard)
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
        """Return the addresses shuffled, then those that failed lately, the latest of them last."""
        failed = {at: when for at, when in self._failed.items() if now - when < DEMOTED_SECONDS}
        self._failed = failed
        shuffled = random.sample(addresses, len(addresses))
        return sorted(shuffled, key=lambda it: failed.get(it.socket_address, 0.0))

    async def _try(
        self,
        attempt: Callable[[Address], Awaitable[T]],
        address: Address,
        seconds: float,
        discard: Callable[[T], object],
    ) -> T:
        """Try one address.

        A cancelled attempt is not awaited: its clean-up may have to wait for the same silent peer.
        If it has succeeded in the same moment, its result is discarded.
        """
        task = asyncio.ensure_future(attempt(address))
        try:
            result = await asyncio.wait_for(asyncio.shield(task), seconds)
        except BaseException:
            self._failed[address.socket_address] = asyncio.get_running_loop().time()
            task.add_done_callback(partial(_abandon, discard))
            task.cancel()
            raise
        self._failed.pop(address.socket_address, None)
        return result


def _abandon(discard: Callable[[T], object], attempt: "asyncio.Future[T]") -> None:
    """Discard the result of an abandoned attempt; asyncio would log an exception not read."""
    if not attempt.cancelled() and attempt.exception() is None:
        discard(attempt.result())
