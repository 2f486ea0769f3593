"""Where does CPU-bound work run? By its size, it runs at once, in the loop in turn, or in a thread.

A long step in the event loop keeps every other request waiting. Work in a thread does not:
threads share the interpreter with the loop in slices of a millisecond.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from api.fairness.slots import FairSlots

ResultT = TypeVar("ResultT")

SMALL_WORK = 1_024
"""Bytes of JSON that are read and checked in a millisecond, whatever they hold."""

LARGE_WORK = 8_192
"""Bytes of JSON that may take ten milliseconds; larger work runs in a thread."""

PATCH_EFFORT = 5
"""How often a byte of a PATCH counts: operations are parsed, validated and applied one by one."""


class WorkRunner:
    """Runs the CPU-bound work of requests, each of which belongs to an owner.

    :param threads: the slots of the threads.
    :param loop_slots: the single slot of the event loop, for work that is neither small nor large.
    :param most_threads: the number of threads, those for urgent work included.
    """

    def __init__(self, threads: FairSlots, loop_slots: FairSlots, most_threads: int) -> None:
        self._threads = threads
        self._loop_slots = loop_slots
        self._executor = ThreadPoolExecutor(most_threads, thread_name_prefix="work")

    async def run(
        self, owner: str, work: Callable[[], ResultT], size: int, *, urgent: bool = False
    ) -> ResultT:
        """Run some work, and return or raise its outcome.

        :param size: the bytes of JSON that the work reads or writes.
        :raises NoSlot: when the owner has too much other work.
        """
        if size <= SMALL_WORK:
            return work()
        if size <= LARGE_WORK:
            return await self._in_turn(owner, work, urgent=urgent)
        return await self._in_thread(owner, work, urgent=urgent)

    async def _in_turn(self, owner: str, work: Callable[[], ResultT], *, urgent: bool) -> ResultT:
        """Run the work in the event loop, as the only work of this size in one iteration of it."""
        await self._loop_slots.take(owner, urgent=urgent)
        try:
            return work()
        finally:
            give_back = self._loop_slots.give_back
            asyncio.get_running_loop().call_soon(lambda: give_back(owner, urgent=urgent))

    async def _in_thread(self, owner: str, work: Callable[[], ResultT], *, urgent: bool) -> ResultT:
        """Run the work in a thread, which keeps its slot to the end, even if the request ends."""
        await self._threads.take(owner, urgent=urgent)
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(self._executor, copy_context().run, work)

        def end(done: "asyncio.Future[ResultT]") -> None:
            self._threads.give_back(owner, urgent=urgent)
            done.exception()  # retrieved here, because the request may be gone

        done.add_done_callback(end)
        return await asyncio.shield(done)
