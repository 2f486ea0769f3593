"""Do several processes live and end together? Each is as small as a process can be."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

PROCESSES = """
import asyncio, os, sys
from deploy.processes.forked_processes import ForkedProcess, ProcessDied, fork
from deploy.processes.signals import until_signalled

async def live(process):
    with until_signalled(process.lifeline) as stop:
        os.write(1, f"{process.number} {os.getpid()}\\n".encode())
        await stop.wait()

forked = fork(3)
if isinstance(forked, ForkedProcess):
    asyncio.run(live(forked))
else:
    try:
        forked.wait()
    except ProcessDied:
        sys.exit(1)
"""

PROCESSES_THAT_EXIT = """
import os, sys
from deploy.processes.forked_processes import ForkedProcess, ProcessDied, fork

when, status = sys.argv[1], int(sys.argv[2])
forked = fork(2)
if isinstance(forked, ForkedProcess):
    os.write(1, b"begun\\n")
    if when == "asked":
        os.read(forked.lifeline, 1)
    sys.exit(status)
try:
    forked.wait()
except ProcessDied as died:
    sys.exit(died.exit_status)
"""
"""Two processes that exit with a status, once they are asked to end or unasked."""

SECONDS = 30


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """Run a parent; yield it and its processes, by their numbers."""
    with subprocess.Popen(  # noqa: S603  # our own code
        [sys.executable, "-c", PROCESSES], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as parent:
        try:
            assert parent.stdout is not None
            lines = sorted(parent.stdout.readline().split() for _ in range(3))
            assert [number for number, _ in lines] == ["0", "1", "2"]
            processes = [psutil.Process(int(process)) for _, process in lines]
            yield parent, processes
            assert psutil.wait_procs(processes, timeout=SECONDS)[1] == []
        finally:
            for process in psutil.Process().children(recursive=True):
                if process.pid == parent.pid or process.ppid() == parent.pid:
                    process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_parent_drains_all(number: signal.Signals) -> None:
    with running() as (parent, _):
        parent.send_signal(number)
        assert parent.wait(SECONDS) == 0


def test_a_signal_to_all_at_once_is_no_second_one() -> None:
    with running() as (parent, processes):
        for process in [psutil.Process(parent.pid), *processes]:
            process.terminate()
        assert parent.wait(SECONDS) == 0


def test_a_second_signal_kills_what_does_not_drain() -> None:
    with running() as (parent, processes):
        processes[0].suspend()
        parent.terminate()
        psutil.wait_procs(processes[1:], timeout=SECONDS)
        parent.terminate()
        assert parent.wait(SECONDS) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_ends_unasked_ends_all(number: signal.Signals) -> None:
    with running() as (parent, processes):
        os.kill(processes[1].pid, number)
        assert parent.wait(SECONDS) == 1
        assert parent.stderr is not None
        assert "process_died" in parent.stderr.read() + parent.stdout.read()  # type: ignore[union-attr]


def test_processes_drain_when_their_parent_is_killed() -> None:
    with running() as (parent, _):
        parent.kill()
        assert parent.wait(SECONDS) == -signal.SIGKILL


def test_what_a_person_can_mend_has_the_status_of_a_single_process() -> None:
    assert _status_of("unasked", 2) == 2


@pytest.mark.parametrize("status", [1, 3, 130])
def test_every_other_unasked_end_is_a_failure(status: int) -> None:
    assert _status_of("unasked", status) == 1


def test_a_signal_right_after_the_fork_is_a_clean_end() -> None:
    assert _status_of("asked", 128 + signal.SIGINT) == 0


def test_a_process_that_fails_in_its_drain_is_a_failure() -> None:
    assert _status_of("asked", 1) == 1


def _status_of(when: str, status: int) -> int:
    """Return the exit status of a parent whose processes exit so."""
    with subprocess.Popen(  # noqa: S603  # our own code
        [sys.executable, "-c", PROCESSES_THAT_EXIT, when, str(status)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as parent:
        try:
            assert parent.stdout is not None
            assert [parent.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
            if when == "asked":
                parent.send_signal(signal.SIGINT)
            return parent.wait(SECONDS)
        finally:
            parent.kill()
