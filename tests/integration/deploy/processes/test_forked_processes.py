"""Do several processes live and end together? Each is as small as a process can be."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

import psutil
import pytest

from tests.drivers.forked_muster import fork_server
from tests.integration.deploy.processes.small_processes import (
    exit_together,
    live_together,
    signalled_together,
)

SECONDS = 30


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent that is forked from a process which has loaded Muster.

    Its processes tell in ``begun`` that they live; ``log`` is what all of them print.
    """

    process: ForkServerProcess
    begun: TextIOWrapper
    log: TextIOWrapper

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int | None:
        self.process.join(SECONDS)
        return self.process.exitcode


@contextmanager
def started(run: Callable[..., None], *arguments: object) -> Iterator[Parent]:
    """Start a parent, which is killed in the end if it is still there."""
    with ExitStack() as stack:
        pipes = [fork_server().Pipe(duplex=False) for _ in range(2)]
        writing = [stack.enter_context(pipe[1]) for pipe in pipes]
        process = fork_server().Process(target=run, args=(*writing, *arguments))
        process.start()
        for pipe in writing:
            pipe.close()
        begun, log = (stack.enter_context(_read_as_text(pipe[0])) for pipe in pipes)
        try:
            yield Parent(process, begun, log)
        finally:
            process.kill()
            process.join()


def _read_as_text(pipe: Connection) -> TextIOWrapper:
    with pipe:
        return os.fdopen(os.dup(pipe.fileno()))


@contextmanager
def running() -> Iterator[tuple[Parent, list[psutil.Process]]]:
    """Run a parent; yield it and its processes, by their numbers."""
    with started(live_together) as parent:
        lines = sorted(parent.begun.readline().split() for _ in range(3))
        assert [number for number, _ in lines] == ["0", "1", "2"]
        processes = [psutil.Process(int(process)) for _, process in lines]
        try:
            yield parent, processes
            assert psutil.wait_procs(processes, timeout=SECONDS)[1] == []
        finally:
            for process in processes:
                if process.is_running():
                    process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_drains_all(number: signal.Signals) -> None:
    with running() as (parent, _):
        parent.send_signal(number)
        assert parent.wait() == 0


def test_a_signal_to_all_at_once_is_no_second_one() -> None:
    with running() as (parent, processes):
        for process in [psutil.Process(parent.pid), *processes]:
            process.terminate()
        assert parent.wait() == 0


def test_a_second_signal_kills_what_does_not_drain() -> None:
    with running() as (parent, processes):
        processes[0].suspend()
        parent.send_signal(signal.SIGTERM)
        psutil.wait_procs(processes[1:], timeout=SECONDS)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait() == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ends_unasked_ends_all(number: signal.Signals) -> None:
    with running() as (parent, processes):
        os.kill(processes[1].pid, number)
        assert parent.wait() == 1
        assert "process_died" in parent.log.read()


def test_processes_drain_when_their_parent_is_killed() -> None:
    with running() as (parent, _):
        parent.send_signal(signal.SIGKILL)
        assert parent.wait() == -signal.SIGKILL


def test_what_a_person_can_mend_has_the_status_of_a_single_process() -> None:
    assert _status_of("unasked", 2) == 2


@pytest.mark.parametrize("status", [1, 3, 130])
def test_every_other_unasked_end_is_a_failure(status: int) -> None:
    assert _status_of("unasked", status) == 1


def test_a_signal_right_after_the_fork_is_a_clean_end() -> None:
    assert _status_of("asked", 128 + signal.SIGINT) == 0


def test_a_signal_to_all_that_comes_before_the_parent_waits_is_a_clean_end() -> None:
    with started(signalled_together) as parent:
        assert parent.wait() == 0


def test_a_process_that_fails_in_its_drain_is_a_failure() -> None:
    assert _status_of("asked", 1) == 1


def _status_of(when: str, status: int) -> int | None:
    """Return the exit status of a parent whose processes exit so."""
    with started(exit_together, when, status) as parent:
        assert [parent.begun.readline() for _ in range(2)] == ["begun\n"] * 2
        if when == "asked":
            parent.send_signal(signal.SIGINT)
        return parent.wait()
