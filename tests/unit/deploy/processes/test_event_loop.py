"""Is a process that is interrupted before its first step left without a warning?"""

import gc
import inspect
import sys
from types import FrameType
from typing import Any

import pytest

from deploy.processes.event_loop import run_process


async def _process() -> None:
    """Do nothing."""


def _interrupt(_frame: FrameType, event: str, argument: Any) -> None:
    """Interrupt the longest call before the first step, as an early Ctrl-C does."""
    if event == "c_call" and argument is gc.collect:
        raise KeyboardInterrupt


def test_a_process_that_never_began_is_closed() -> None:
    process = _process()
    sys.setprofile(_interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_process(process)
    finally:
        sys.setprofile(None)
    assert inspect.getcoroutinestate(process) == inspect.CORO_CLOSED
