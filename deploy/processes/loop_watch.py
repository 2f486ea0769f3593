"""Does one piece of work hold the event loop? A watch measures its lag, and logs the code at fault.

A timer of the loop, the beat, measures how late it fires. While a beat is overdue, a thread reads
the stack of the process. The log names lines of code, never the data that they work on.
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

from deploy.processes.background_tasks import cancelled_at_the_end

LOG = structlog.get_logger(__name__)

BEAT = 0.05
"""Seconds between beats. The promise of 50 ms needs no finer ones."""

LONG = 0.05
"""Seconds that one request may hold the loop."""

REPORT_SECONDS = 10.0
"""Seconds between two lines of the log. Each line has the longest hold since the line before."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

PACKAGES = {"api", "worker", "contracts", "deploy"}
"""The packages of Muster. The log names other code by its callers in these packages."""

LOOPS = ("asyncio/runners.py", "asyncio/base_events.py", "asyncio/events.py", "uvloop/__init__.py")
"""The files that run a loop and its callbacks."""

WORKERS = "work"
"""The start of the names of threads that do large work. They may hold the interpreter, too."""

DEPTH = 3
"""The number of places that are logged, the innermost first."""


class LoopWatch:
    """Watches the event loop on which it runs.

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
        """Return whether a beat is overdue and its stack has been read."""
        return bool(self._seen)

    async def run(self) -> None:
        """Measure the lag of the loop, and log the code that holds it, until cancelled."""
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
        """Record how late a beat came, and log the longest hold if a line of the log is due."""
        self._lag.observe(max(late, 0.0))
        if late > max(LONG, self._longest):
            self._longest, self._where = late, self._seen or "unknown"
        self._seen = ""
        if self._longest and time.monotonic() - self._reported > self._report_seconds:
            LOG.warning("event_loop_held", seconds=round(self._longest, 3), where=self._where)
            self._longest, self._where = 0.0, ""
            self._reported = time.monotonic()

    def _look(self, stop: threading.Event) -> None:
        """Read the stack of the process whenever a beat is overdue."""
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

    Frames that called the loop are left out: they started it, and do no work.
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
async def watching_loop(registry: CollectorRegistry) -> AsyncIterator[None]:
    """Watch the event loop for as long as the block runs."""
    async with cancelled_at_the_end(LoopWatch(registry).run()):
        yield
