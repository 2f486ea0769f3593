"""On which event loop does a process run? uvloop is quick at sockets; the heap is frozen before."""

import gc
import sys
from collections.abc import Coroutine
from contextlib import closing
from typing import Any

import uvloop

from deploy.processes.free_memory import giving_memory_back

COLLECT_AFTER = (50_000, 20, 100)
"""Thresholds of the garbage collector's three generations. A large body becomes a few hundred
thousand objects, and by default the collector scans all of them several times."""

SLICE_SECONDS = 0.001
"""Seconds that a thread with large work keeps the interpreter while the event loop wants it. The
loop asks for it several times in a request, and the default is five times as long."""


def run_process(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end.

    Objects of the imported modules live as long as the process. Scanning them for garbage, again
    and again, would take a tenth of the time and delay every answer by tens of milliseconds.
    """
    # Ctrl-C may come before the first step of the process, of which Python would warn.
    with closing(process), giving_memory_back():
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        sys.setswitchinterval(SLICE_SECONDS)
        uvloop.run(process)
