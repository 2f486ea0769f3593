"""How do concurrent requests share a call? Items submitted during a call form the next batch."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

LARGEST_BATCH = 200
"""The most items that one call takes, so that no call takes long."""


class Batcher(Generic[ItemT, ResultT]):
    """Calls a function with the items that were submitted since its last call began.

    A call takes up to ``LARGEST_BATCH`` items; the others wait for the calls after it.

    An item that is submitted alone is processed at once. Its call begins after the submission, so
    that no result is older than its item.

    :param call: takes the items and returns their results in the same order. An exception among the
        results is raised at the submitter of that item; an exception that the call raises is raised
        at the submitters of all its items.
    :param gathers: whether a call that follows one of many items waits until as many have come
        again, for half as long as that call took at most. Without it, the first of them would be a
        call of its own, for which all others wait. Gathering costs more than it saves where a call
        is mostly a commit, of which there is one at a time.
    """

    def __init__(
        self,
        call: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT | Exception]]],
        *,
        gathers: bool = False,
    ) -> None:
        self._call = call
        self._gathers = gathers
        self._expected = 0
        self._complete = asyncio.Event()
        self._waiting: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def submit(self, item: ItemT) -> ResultT:
        """Submit an item, and return its result. Cancelling this affects no other submitter."""
        result: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if len(self._waiting) >= self._expected:
            self._complete.set()
        if self._calling is None:
            # The task has a context of its own: values bound to one request concern no other.
            self._calling = asyncio.create_task(self._call_until_done(), context=Context())
        return await result

    async def _call_until_done(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                began = time.perf_counter()
                await self._process(batch)
                if self._gathers and len(batch) > 1:
                    await self._gather(len(batch), (time.perf_counter() - began) / 2)
        finally:
            self._calling = None

    async def _gather(self, expected: int, seconds: float) -> None:
        """Wait until so many items wait, but not for long."""
        self._complete.clear()
        self._expected = expected
        if len(self._waiting) < expected:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._complete.wait(), seconds)
        self._expected = 0

    async def _process(self, batch: Sequence[tuple[ItemT, "asyncio.Future[ResultT]"]]) -> None:
        results: Sequence[ResultT | Exception]
        try:
            results = await self._call([item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - every submitter gets the error
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue  # the submitter has gone
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
