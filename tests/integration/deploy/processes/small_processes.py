"""What do the processes of a parent do in these tests? As little as a process can.

They are forked from one that has loaded Muster, and not what tests need beside it.
"""

import asyncio
import os
import signal
import sys
from multiprocessing.connection import Connection

from deploy.processes.forked_processes import ForkedProcess, ProcessDied, fork
from deploy.processes.signals import until_signalled


def live_together(begun: Connection, log: Connection) -> None:
    """Run three processes until they are asked to end; each tells its number."""
    print_to(log)
    forked = fork(3)
    if isinstance(forked, ForkedProcess):
        asyncio.run(live(forked, begun))
        return
    try:
        forked.wait()
    except ProcessDied:
        sys.exit(1)


async def live(process: ForkedProcess, begun: Connection) -> None:
    with until_signalled(process.lifeline) as stop:
        os.write(begun.fileno(), f"{process.number} {os.getpid()}\n".encode())
        await stop.wait()


def exit_together(begun: Connection, log: Connection, when: str, status: int) -> None:
    """Run two processes that exit with a status, once they are asked to end or unasked."""
    print_to(log)
    forked = fork(2)
    if isinstance(forked, ForkedProcess):
        os.write(begun.fileno(), b"begun\n")
        if when == "asked":
            os.read(forked.lifeline, 1)
        sys.exit(status)
    try:
        forked.wait()
    except ProcessDied as died:
        sys.exit(died.exit_status)


def signalled_together(_begun: Connection, log: Connection) -> None:
    """Run two processes on which a signal to all finds no handler yet; the parent waits later."""
    print_to(log)
    forked = fork(2)
    os.kill(os.getpid(), signal.SIGTERM)
    if isinstance(forked, ForkedProcess):
        signal.pause()
        return
    for _ in range(2):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    try:
        forked.wait()
    except ProcessDied as died:
        sys.exit(died.exit_status)


def print_to(log: Connection) -> None:
    """Let this process and those that it forks print there."""
    for stream in (1, 2):
        os.dup2(log.fileno(), stream)
    log.close()
