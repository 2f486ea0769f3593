"""On what does a process run that serves? A loop that is quick at sockets, and a settled heap."""

import gc
from collections.abc import Coroutine
from typing import Any

import uvloop


def run_process(process: Coroutine[Any, Any, None]) -> None:
    """Run a process to its end.

    What has been imported by now stays: looking through it for garbage, again and again, would
    take a tenth of the time and stop every answer for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    uvloop.run(process)
