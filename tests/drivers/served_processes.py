"""How do tests run processes of their own that serve a port until their standard input ends?"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import BinaryIO

from tests.drivers.muster_process import Process
from tests.servers.services import environment_with

START_SECONDS = 60


@asynccontextmanager
async def served(
    commands: Mapping[int, Sequence[str]], log: BinaryIO | None = None
) -> AsyncIterator[None]:
    """Run a command for each port, from when all answer there until the end of the block.

    What they say goes to the log, if there is one.
    """
    running = {
        port: await asyncio.create_subprocess_exec(
            *command, env=environment_with(), stdin=asyncio.subprocess.PIPE, stderr=log
        )
        for port, command in commands.items()
    }
    try:
        for port, process in running.items():
            await until_it_answers(port, process)
        yield
    finally:
        for process in running.values():
            assert process.stdin is not None
            process.stdin.close()
        for process in running.values():
            await process.wait()


async def until_it_answers(port: int, process: Process) -> None:
    """Wait until a process answers at a port, or has ended."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.returncode is None, "it ended by itself"
                await asyncio.sleep(0.05)  # a port gives no event to wait for
            else:
                writer.close()
                return
