"""On what does a process run that serves? A loop that is quick at sockets, and a settled heap."""

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


def run_process(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end.

    What has been imported by now stays: looking through it for garbage, again and again, would
    take a tenth of the time and stop every answer for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    sys.setswitchinterval(SLICE_SECONDS)
    uvloop.run(process)
