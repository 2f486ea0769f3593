"""How does a test let a tenant make noise? In a process of its own, which can be told to rest."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.neighbours.noise import Noise


@dataclass(frozen=True, slots=True)
class NoiseProcess:
    """A process that is ready to make noise."""

    process: asyncio.subprocess.Process

    async def finished(self) -> str:
        """Make the noise until its time is over; return how often each status was the answer."""
        answers, _ = await self.process.communicate(b"begin\n")
        return answers.decode()

    def begin(self) -> None:
        """Make the noise, and wait for nothing."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"begin\n")

    def rest(self) -> None:
        """Send nothing, and take no answer; what was sent is served all the same."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Make noise again."""
        self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Rest during the block."""
        self.rest()
        try:
            yield
        finally:
            self.go_on()


@asynccontextmanager
async def noise_process(noise: Noise, file: Path) -> AsyncIterator[NoiseProcess]:
    """Start a process that is told by a file what to send; what still makes noise is ended."""
    file.write_bytes(noise.as_json())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.neighbours.noise", file),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        yield NoiseProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
