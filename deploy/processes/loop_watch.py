"""Does one piece of work keep everything else waiting? The event loop's lag, and what held it.

A beat of the loop measures how late it is served. While one is overdue, a thread looks where the
process is just now: the lines of code are named in the log, and nothing that they work on.
"""

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice, takewhile
from types import FrameType

import structlog
from prometheus_client import CollectorRegistry, Histogram

from deploy.processes.background_tasks import until_cancelled

LOG = structlog.get_logger(__name__)

BEAT = 0.05
"""Seconds between beats: a promise of 50 ms needs no finer ones."""

LONG = 0.05
"""Seconds for which one request may hold the loop."""

REPORT_SECONDS = 10.0
"""Between two lines of the log, each about the longest hold since the one before."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PACKAGES = {"api", "worker", "contracts", "deploy"}
"""The packages of Muster: what runs in others is named by its callers."""

LOOPS = ("asyncio/runners.py", "asyncio/base_events.py", "asyncio/events.py", "uvloop/__init__.py")
"""The files that run a loop and its callbacks."""

WORKERS = "work"
"""How the threads are called that do large work; they may hold the interpreter, too."""

DEPTH = 3
"""Places that are named, the innermost first."""


class LoopWatch:
    """Watches the event loop that it is run on.

    :param report_seconds: the least time between two lines of the log.
    """

    def __init__(self, registry: CollectorRegistry, report_seconds: float = REPORT_SECONDS) -> None:
        self._lag = Histogram(
            "muster_event_loop_lag_seconds",
            "How late the event loop is, looked at twenty times a second.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._thread = threading.get_ident()
        self._due = time.monotonic() + BEAT
        self._seen = ""
        self._longest, self._where = 0.0, ""
        self._reported = time.monotonic()
        self._report_seconds = report_seconds

    @property
    def has_seen(self) -> bool:
        """Say whether a beat is overdue, and where the process is was looked at."""
        return bool(self._seen)

    async def run(self) -> None:
        """Watch until cancelled."""
        stop = threading.Event()
        looking = threading.Thread(target=self._look, args=[stop], name="loop watch", daemon=True)
        looking.start()
        try:
            while True:
                self._due = time.monotonic() + BEAT
                await asyncio.sleep(BEAT)
                self._note(time.monotonic() - self._due)
        finally:
            stop.set()

    def _note(self, late: float) -> None:
        """Note how late a beat came, and tell of the longest hold now and then."""
        self._lag.observe(max(late, 0.0))
        if late > max(LONG, self._longest):
            self._longest, self._where = late, self._seen or "unknown"
        self._seen = ""
        if self._longest and time.monotonic() - self._reported > self._report_seconds:
            LOG.warning("event_loop_held", seconds=round(self._longest, 3), where=self._where)
            self._longest, self._where = 0.0, ""
            self._reported = time.monotonic()

    def _look(self, stop: threading.Event) -> None:
        """Look where the process is whenever a beat is overdue."""
        while not stop.wait(LONG / 2):
            if not self._seen and time.monotonic() - self._due > LONG / 2:
                self._seen = self._places()

    def _places(self) -> str:
        frames = sys._current_frames()  # noqa: SLF001 - documented, for debuggers and the like
        workers = {it.ident for it in threading.enumerate() if it.name.startswith(WORKERS)}
        threads = [self._thread, *(it for it in frames if it in workers)]
        named = (" ".join(_ours(frames[it])) for it in threads if it in frames)
        return next(filter(None, named), "")


def _ours(frame: FrameType) -> Iterator[str]:
    """Yield the innermost places of a thread in Muster's code: dotted module, line and function.

    The frames outside of the loop started it, and are no piece of work.
    """
    inner = takewhile(
        lambda place: not place[0].f_code.co_filename.endswith(LOOPS), traceback.walk_stack(frame)
    )
    places = (
        f"{module}:{line} {each.f_code.co_name}"
        for each, line in inner
        if (module := each.f_globals.get("__name__", "")).partition(".")[0] in PACKAGES
    )
    yield from islice(places, DEPTH)


@asynccontextmanager
async def watched(registry: CollectorRegistry) -> AsyncIterator[None]:
    """Watch the loop for as long as the block runs."""
    async with until_cancelled(LoopWatch(registry).run()):
        yield
