"""How is a running process told to crash at a point, or that its clock is wrong? By shared memory.

Looking costs next to nothing, so that every process of a fleet can look wherever it might crash.
"""

import os
import signal
from enum import IntEnum
from mmap import mmap
from pathlib import Path

CLOCK_AHEAD, POINT, PASSES = range(3)
PAGE = bytes(8 * 3)


class Point(IntEnum):
    """Where a process can be killed: between two steps that should be one, and cannot be."""

    NOWHERE = 0
    AFTER_COMMIT = 1
    """The api has committed a write, and not answered it."""
    AFTER_LEASE = 2
    """The relay has leased marks, and published none."""
    AFTER_PUBLISH = 3
    """The relay has sent parcels, and knows the fate of none."""
    AFTER_CONFIRM = 4
    """The relay's parcels are confirmed, and their marks still there."""
    AFTER_APPLY = 5
    """The worker has committed a batch, and answered none of it."""
    BEFORE_ACK = 6
    """The worker has answered some of a batch, and is about to answer the next one."""
    AFTER_JUDGEMENT = 7
    """The relay has judged leavings by a brake, and published none."""
    AFTER_CLOSING = 8
    """The process that closes a connection has committed a step of it."""


OF_STATES = (Point.AFTER_JUDGEMENT, Point.AFTER_CLOSING)
"""The points that the load does not pass, because its connections are live and have no brakes."""


class Orders:
    """The orders of one process, in a file that it and whoever gives them map into memory."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(PAGE)
        with file.open("r+b") as opened:
            self._numbers = memoryview(mmap(opened.fileno(), len(PAGE))).cast("q")

    @property
    def clock_ahead(self) -> int:
        """Microseconds by which the clock of the process is ahead; below zero it is behind."""
        return self._numbers[CLOCK_AHEAD]

    @clock_ahead.setter
    def clock_ahead(self, microseconds: int) -> None:
        self._numbers[CLOCK_AHEAD] = microseconds

    def crash_at(self, point: Point, passes: int) -> None:
        """Order a crash when the process passes the point for the n-th time from now on."""
        self._numbers[PASSES] = passes
        self._numbers[POINT] = point

    def withdraw(self) -> bool:
        """Order no crash any more; say whether one was still ordered."""
        ordered = self._numbers[POINT] != Point.NOWHERE
        self._numbers[POINT] = Point.NOWHERE
        return ordered

    def expects(self, point: Point) -> bool:
        """Say whether the process is to crash at this point."""
        return self._numbers[POINT] == point

    def passes(self, point: Point) -> None:
        """Pass a point: where that was ordered, this process ends here and now by SIGKILL."""
        if not self.expects(point):
            return
        self._numbers[PASSES] -= 1
        if self._numbers[PASSES] <= 0:
            self._numbers[POINT] = Point.NOWHERE
            os.kill(os.getpid(), signal.SIGKILL)
