"""On what does a process run that serves? A loop that is quick at sockets, and a settled heap."""

import ctypes
import gc
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop

COLLECT_AFTER = (50_000, 20, 100)
"""Objects, and searches for garbage, after which it is searched for: a large body is read in a few
hundred thousand objects, and by default the search goes over all of them several times."""

SLICE_SECONDS = 0.001
"""For how long a thread with large work keeps the interpreter while the event loop wants it. The
loop asks for it several times in one request, and the default is five times as long."""


GIVEN_BACK_FROM = 256 * 1024
"""Bytes. What is larger is a mapping of its own, and free memory of so much goes back at once."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt`` (3) in the C library of GNU/Linux."""


def run_process(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end.

    What has been imported by now stays: looking through it for garbage, again and again, would
    take a tenth of the time and stop every answer for tens of milliseconds.
    """
    _give_memory_back()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SLICE_SECONDS)
    uvloop.run(process)


def _give_memory_back() -> None:
    """Return what a large body took to the system as soon as it is free.

    Left to itself, the C library raises both bounds with what it is asked for, up to 64 MiB, and
    the memory of a process grows with each large body: by 50 MiB and more, instead of 25.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for parameter in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(parameter, GIVEN_BACK_FROM)
