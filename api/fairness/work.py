"""Where is work done that costs time of the processor? At once, in turn, or in a thread, by size.

Whatever takes long in one step keeps every other request waiting. Threads share the interpreter
with the event loop in slices of a millisecond, so that work in a thread does not.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from api.fairness.slots import FairSlots

ResultT = TypeVar("ResultT")

SMALL_WORK = 1_024
"""Bytes of JSON that are read and checked in a millisecond, whatever they say."""

LARGE_WORK = 8_192
"""Bytes of JSON that may take ten milliseconds; what is larger is done in a thread."""

PATCH_EFFORT = 5
"""What a byte of a PATCH counts for: each operation is parsed, validated and applied by itself."""


class WorkRunner:
    """Does the work of requests, of which each belongs to an owner.

    :param threads: shares the threads, of which the process has as many.
    :param turns: shares the turns of the event loop, one at a time.
    """

    def __init__(self, threads: FairSlots, turns: FairSlots, most_threads: int) -> None:
        self._threads = threads
        self._turns = turns
        self._executor = ThreadPoolExecutor(most_threads, thread_name_prefix="work")

    async def run(
        self, owner: str, work: Callable[[], ResultT], size: int, *, urgent: bool = False
    ) -> ResultT:
        """Do some work, and return or raise what it does.

        :param size: bytes of JSON that the work goes over.
        :raises NoSlot: when the owner has too much other work.
        """
        if size <= SMALL_WORK:
            return work()
        if size <= LARGE_WORK:
            return await self._in_turn(owner, work, urgent=urgent)
        return await self._in_thread(owner, work, urgent=urgent)

    async def _in_turn(self, owner: str, work: Callable[[], ResultT], *, urgent: bool) -> ResultT:
        """Do the work in the event loop, but no other work of this size before the next round."""
        await self._turns.take(owner, urgent=urgent)
        try:
            return work()
        finally:
            give_back = self._turns.give_back
            asyncio.get_running_loop().call_soon(lambda: give_back(owner, urgent=urgent))

    async def _in_thread(self, owner: str, work: Callable[[], ResultT], *, urgent: bool) -> ResultT:
        """Do the work in a thread; the slot is held until it ends, be the request gone by then."""
        await self._threads.take(owner, urgent=urgent)
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._executor, copy_context().run, work)

        def end(done: "asyncio.Future[ResultT]") -> None:
            self._threads.give_back(owner, urgent=urgent)
            done.exception()  # a request that is gone asks no more

        done.add_done_callback(end)
        return await asyncio.shield(done)
