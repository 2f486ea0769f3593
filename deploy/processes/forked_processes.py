"""How does one command run as several processes? A parent forks them, and waits for their end.

The parent serves nothing. It holds the writing end of a pipe, the lifeline: when that is closed,
every process drains and ends. The system closes it if the parent is killed.
"""

import gc
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from deploy.errors import DeployError
from deploy.processes.signals import SIGNALS

LOG = structlog.get_logger(__name__)

ASKED_TO_END = {0, -signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT}
"""The exit codes of processes that drained, or had nothing to drain yet."""

WAITED_FOR = {*SIGNALS, signal.SIGCHLD}
"""The signals that the parent takes one after the other: those that end it, and the end of others.
They stay blocked, so that none comes just before it waits and is heard of at the next one."""

MENDABLE = DeployError.exit_status
"""The exit code of a process that has told an error which the person at the keyboard can mend."""


class ProcessDied(DeployError):
    """A process ended unasked. The others were drained then: fewer than wanted would look well."""

    def __init__(self, exit_status: int) -> None:
        super().__init__("one of the processes ended unasked; the others were ended")
        self.exit_status = exit_status


@dataclass(frozen=True, slots=True)
class ForkedProcess:
    """A process of several, which drains when its lifeline can be read.

    ``number`` counts from 0.
    """

    number: int
    lifeline: int


class ParentProcess:
    """The process that waits for the others."""

    def __init__(self, processes: set[int], lifeline: int) -> None:
        self._processes = processes
        self._lifeline: int | None = lifeline

    def wait(self) -> None:
        """Wait until all processes have ended. A signal drains them, a second one kills them.

        :raises ProcessDied: when a process ended unasked, or did not drain in time.
        """
        died_by: int | None = None
        while True:
            for code in self._ended():
                if self._is_unasked(code):
                    LOG.error("process_died", exit_code=code)
                    died_by = code if died_by is None else died_by
                    self._drain()
            if not self._processes:
                break
            if signal.sigwait(WAITED_FOR) in SIGNALS:
                self._on_signal()
        if died_by is not None:
            raise ProcessDied(MENDABLE if died_by == MENDABLE else 1)

    def _ended(self) -> Iterator[int]:
        """Yield the exit codes of processes that have ended; one signal may tell of several."""
        while self._processes:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            if process not in self._processes:
                continue  # an orphan, which the system gives to the first process of a container
            self._processes.remove(process)
            yield os.waitstatus_to_exitcode(status)

    def _is_unasked(self, code: int) -> bool:
        """Return whether a process ended that neither a drain nor a signal to all has asked to."""
        asked = self._lifeline is None or not signal.sigpending().isdisjoint(SIGNALS)
        return not asked or code not in ASKED_TO_END

    def _on_signal(self) -> None:
        if self._lifeline is not None:
            self._drain()
            return
        for process in self._processes:
            os.kill(process, signal.SIGKILL)

    def _drain(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def fork(number: int) -> ForkedProcess | ParentProcess:
    """Fork so many processes. Each gets its own result, and the parent gets the parent's.

    Lines of the log show the number of their process. Signals are held back until the parent waits,
    so that none finds half of the processes.
    """
    _keep_objects_shared()
    read_end, write_end = os.pipe()
    signal.signal(signal.SIGCHLD, lambda *_: None)  # a signal that is ignored tells of no end
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
    processes: set[int] = set()
    for each in range(number):
        process = os.fork()
        if not process:
            os.close(write_end)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_FOR)
            structlog.contextvars.bind_contextvars(process=each)
            return ForkedProcess(each, read_end)
        processes.add(process)
    os.close(read_end)
    return ParentProcess(processes, write_end)


def _keep_objects_shared() -> None:
    """Exempt the objects of modules from the collector, which would write to them and so copy them.

    Two processes and their parent take 163 MB of memory instead of 211.
    """
    gc.collect()
    gc.freeze()
