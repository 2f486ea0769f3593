"""On which event loop does a process run? uvloop is quick at sockets; the heap is frozen before."""

import ctypes
import gc
import sys
from collections.abc import Coroutine
from contextlib import closing
from typing import Any

import uvloop

COLLECT_AFTER = (50_000, 20, 100)
"""Thresholds of the garbage collector's three generations. A large body becomes a few hundred
thousand objects, and by default the collector scans all of them several times."""

SLICE_SECONDS = 0.001
"""Seconds that a thread with large work keeps the interpreter while the event loop wants it. The
loop asks for it several times in a request, and the default is five times as long."""

GIVEN_BACK_FROM = 256 * 1024
"""Bytes. Larger allocations are mappings of their own, and free memory beyond this is returned."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt`` (3) in the C library of GNU/Linux."""


def run_process(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end.

    Objects of the imported modules live as long as the process. Scanning them for garbage, again
    and again, would take a tenth of the time and delay every answer by tens of milliseconds.
    """
    with closing(process):  # Ctrl-C may come before its first step, which Python would warn of
        _give_memory_back()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        sys.setswitchinterval(SLICE_SECONDS)
        uvloop.run(process)


def _give_memory_back() -> None:
    """Let the C library return the memory of a large body to the system as soon as it is free.

    By default the library raises both thresholds with the size of allocations, up to 64 MiB, and a
    process grows with each large body: by 50 MiB and more, instead of 25.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for parameter in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(parameter, GIVEN_BACK_FROM)
