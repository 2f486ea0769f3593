"""How long does a process live? It runs until a signal, then drains within the grace period."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

from deploy.processes.life import Life

GRACE_SECONDS = 30
"""Seconds that a drain may take. Orchestrators kill a process after about as long."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""The signals that end a process: Ctrl-C, and that of orchestrators."""

PARENT = "the parent process"
TOO_LONG = "the drain took too long"
"""Reasons beside the signals, as the log tells them."""


@contextlib.contextmanager
def until_signalled(
    lifeline: int | None = None, life: Life | None = None
) -> Iterator[asyncio.Event]:
    """Yield an event that SIGINT or SIGTERM sets. A second signal, or the deadline, exits at once.

    Exiting at once is safe: work that is not committed is repeated at the next start.

    :param lifeline: the pipe of a parent process. When it can be read, the parent wants this
        process to end, or is gone; then the event is set, as a signal may have done already.
    :param life: is told why the process ends.
    """
    loop = asyncio.get_running_loop()
    drain = _Drain(loop, life)
    for number in SIGNALS:
        loop.add_signal_handler(number, drain.on_signal, number)
    if lifeline is not None:
        loop.add_reader(lifeline, drain.on_lifeline, lifeline)
    try:
        yield drain.stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
        if lifeline is not None:
            loop.remove_reader(lifeline)
        drain.is_over()


class _Drain:
    """The end of a process, from the first signal on."""

    def __init__(self, loop: asyncio.AbstractEventLoop, life: Life | None) -> None:
        self.stop = asyncio.Event()
        self._loop = loop
        self._life = life
        self._deadline: asyncio.TimerHandle | None = None
        self._is_signalled = False

    def on_signal(self, number: int) -> None:
        """Begin to drain, or exit at a second signal.

        Some orchestrators signal a parent process and the others, so that both ways may tell.
        """
        name = signal.Signals(number).name
        if self._is_signalled:
            self._exit(128 + number, f"a second signal, {name}")
        self._is_signalled = True
        self._begin(name)

    def on_lifeline(self, lifeline: int) -> None:
        """Begin to drain, if that has not begun."""
        self._loop.remove_reader(lifeline)
        self._begin(PARENT)

    def is_over(self) -> None:
        """Cancel the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()

    def _begin(self, why: str) -> None:
        if self.stop.is_set():
            return
        self.stop.set()
        if self._life is not None:
            self._life.drain(why)
        self._deadline = self._loop.call_later(GRACE_SECONDS, self._exit, 1, TOO_LONG)

    def _exit(self, status: int, why: str) -> None:
        if self._life is not None:
            self._life.cut_short(why)
        os._exit(status)
