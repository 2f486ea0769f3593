"""How do requests that come at once share a call? While one is under way, the next one fills."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

AskedT = TypeVar("AskedT")
GivenT = TypeVar("GivenT")

MOST = 200
"""What one call takes at most, so that none takes long."""


class SharedCalls(Generic[AskedT, GivenT]):
    """Calls a function with all that was asked for since its last call.

    Whoever asks alone does not wait. What is given is given after the asking: nobody gets what an
    earlier call has found.

    :param call: takes what was asked for and gives in the same order; where it gives an exception,
        it is raised for who asked for that, and where it raises one, for all.
    """

    def __init__(
        self, call: Callable[[Sequence[AskedT]], Awaitable[Sequence[GivenT | Exception]]]
    ) -> None:
        self._call = call
        self._waiting: list[tuple[AskedT, asyncio.Future[GivenT]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def ask(self, asked: AskedT) -> GivenT:
        """Ask, and wait for the call that takes it. Being cancelled concerns nobody else."""
        given: asyncio.Future[GivenT] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, given))
        if self._calling is None:
            # In a context of its own: what is bound to one request does not concern the others.
            self._calling = asyncio.create_task(self._call_until_done(), context=Context())
        return await given

    async def _call_until_done(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._serve(some)
        finally:
            self._calling = None

    async def _serve(self, some: Sequence[tuple[AskedT, "asyncio.Future[GivenT]"]]) -> None:
        found: Sequence[GivenT | Exception]
        try:
            found = await self._call([asked for asked, _ in some])
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told to all who asked
            found = [error] * len(some)
        for (_, future), given in zip(some, found, strict=True):
            if future.done():
                continue  # whoever asked has gone
            if isinstance(given, Exception):
                future.set_exception(given)
            else:
                future.set_result(given)
