"""How do tests start Muster without loading it? They fork it from a process that has loaded it.

An interpreter takes two seconds of a processor until it has loaded what ``muster run`` needs, and
a fork a twentieth of that. The process that is forked is the fork server of multiprocessing; it
begins with the first fork and ends with the tests. A fork has descriptors, settings, signals and
an exit status of its own. A test of how an interpreter begins or ends starts one: see
``muster_process``.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.reduction import DupFd
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO

import anyio

from deploy import cli
from deploy.commands.on_demand import recognise_imports
from tests.drivers.muster_process import MusterProcess, Process, stopped_well
from tests.servers.services import adopt_environment, own_settings

Stream = IO[bytes] | int
"""A file, or a descriptor."""

Streams = tuple[int | None, int | None, int | None]
"""The descriptors of a process that are its input, output and errors; None leads nowhere, but that
of errors to those of the tests."""

LOADED = (__name__, *(it.module for it in cli.COMMANDS.values()))
"""Modules that the fork server loads: those of the commands load all others."""

recognise_imports()  # the fork server imports this module first


class ForkedMuster:
    """A process of Muster, with the methods of an ``asyncio.subprocess.Process``."""

    def __init__(self, process: ForkServerProcess) -> None:
        """Take a process that has started."""
        assert process.pid is not None
        self.pid = process.pid
        self._process = process

    @property
    def returncode(self) -> int | None:
        """The exit status, once there is one."""
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process with SIGKILL."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for the end, and return the exit status."""
        await anyio.wait_readable(self._process.sentinel)
        return self.join()

    def join(self) -> int:
        """Wait for the end outside of a loop, and return the exit status."""
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


def fork_muster(
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    stdin: Stream | None = None,
    stdout: Stream | None = None,
    stderr: Stream | None = None,
    folder: Path | None = None,
) -> ForkedMuster:
    """Start a command in a process that is forked.

    :param environment: has its settings, which are else those of this process.
    :param stderr: is that of the tests if it is not given. Other streams lead nowhere then.
    :param folder: is where the command runs, if it is not where the tests do.
    """
    settings = own_settings() if environment is None else dict(environment)
    streams = [_Descriptor(it) for it in (stdin, stdout, stderr)]
    process = fork_server().Process(
        target=_run_command, args=(arguments, settings, streams, folder), daemon=True
    )
    process.start()
    return ForkedMuster(process)


def run_forked(
    *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end in a process that is forked, and return what it printed."""
    with TemporaryFile("w+b") as out, TemporaryFile("w+b") as err:
        status = fork_muster(arguments, environment, None, out, err, folder).join()
        printed, complaint = (_all_of(it) for it in (out, err))
    return subprocess.CompletedProcess(arguments, status, printed, complaint)


async def finished_fork(
    *arguments: str, environment: Mapping[str, str] | None = None, folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Do the same in a loop, which goes on meanwhile."""
    with TemporaryFile("w+b") as out, TemporaryFile("w+b") as err:
        status = await fork_muster(arguments, environment, None, out, err, folder).wait()
        printed, complaint = (_all_of(it) for it in (out, err))
    return subprocess.CompletedProcess(arguments, status, printed, complaint)


def run_script(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run lines of Python to their end as ``python -c`` does, in a process that is forked."""
    settings = own_settings() if environment is None else dict(environment)
    with TemporaryFile("w+b") as out, TemporaryFile("w+b") as err:
        streams = [_Descriptor(it) for it in (None, out, err)]
        process = fork_server().Process(
            target=_run_script, args=(script, arguments, settings, streams), daemon=True
        )
        process.start()
        status = ForkedMuster(process).join()
        printed, complaint = (_all_of(it) for it in (out, err))
    return subprocess.CompletedProcess(arguments, status, printed, complaint)


@asynccontextmanager
async def forked_part(
    name: str,
    environment: Mapping[str, str],
    log: IO[bytes] | None = None,
    *options: str,
) -> AsyncIterator[ForkedMuster]:
    """Run a part as ``running_part`` does, in a process that is forked."""
    process = fork_muster((name, *options), environment, None, log, log)
    async with stopped_well(process):
        yield process


class ForkedInstallation(MusterProcess):
    """An installation with a folder of its own, whose processes are forked."""

    def _done(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return run_forked(*arguments, environment=self.environment)

    async def _begun(self, *arguments: str, output: BinaryIO) -> Process:
        return fork_muster(arguments, self.environment, None, output, output)


@cache
def fork_server() -> ForkServerContext:
    """Return what forks processes from the one that has loaded Muster."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


class _Descriptor:
    """A descriptor that goes along to the process, which is no child of this one."""

    def __init__(self, stream: Stream | None) -> None:
        self._number = stream if stream is None or isinstance(stream, int) else stream.fileno()

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self._number if self._number is None else DupFd(self._number),)


def _received(sent: Any) -> int | None:
    received: int | None = sent if sent is None else sent.detach()
    return received


def _run_command(
    arguments: Sequence[str],
    settings: dict[str, str],
    streams: Streams,
    folder: Path | None,
) -> None:
    """Do what ``python -m deploy.cli`` does, in the forked process."""
    _take_over(streams)
    if folder is not None:
        os.chdir(folder)
    adopt_environment(settings)
    sys.argv = ["muster", *arguments]
    cli.main()


def _run_script(
    script: str, arguments: Sequence[str], settings: dict[str, str], streams: Streams
) -> None:
    _take_over(streams)
    adopt_environment(settings)
    sys.argv = ["-c", *arguments]
    exec(script, {"__name__": "__main__"})  # noqa: S102  # a test has written it


def _take_over(streams: Streams) -> None:
    stdin, stdout, stderr = streams
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere if stdin is None else stdin, 0)
    os.dup2(nowhere if stdout is None else stdout, 1)
    if stderr is not None:
        os.dup2(stderr, 2)
    for each in (nowhere, stdin, stdout, stderr):
        if each is not None:
            os.close(each)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  # as an interpreter begins


def _all_of(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
