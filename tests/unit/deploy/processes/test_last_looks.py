"""What is told of a check that does not end, and how long is a good result believed?"""

import asyncio

from contracts.health import Check, Health, Problem
from deploy.processes.last_looks import LOOK_SECONDS, OLDEST_SECONDS, LastLooks

MOMENT = 0.01
SILENT = Health(("broker: it does not answer",))


class Server:
    """What a check looks at: its answers come when it is let go on."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.answers.set()
        self.problem: str | Problem | None = None
        self.looks = 0
        self.now = 0.0

    async def look(self) -> str | Problem | None:
        self.looks += 1
        await self.answers.wait()
        return self.problem

    def watch(self) -> float:
        return self.now


async def test_while_a_look_hangs_the_last_one_is_told_until_it_is_too_old() -> None:
    server = Server()
    looks = LastLooks([Check("broker", server.look)], MOMENT, MOMENT, server.watch)
    assert (await looks.health()).is_ready
    server.answers.clear()
    assert (await looks.health()).is_ready
    server.now = OLDEST_SECONDS + 1
    assert await looks.health() == SILENT
    assert OLDEST_SECONDS > LOOK_SECONDS, "a look that is given up says more"

    server.problem = "cannot be reached"
    server.answers.set()
    assert await looks.health() == Health(("broker: cannot be reached",))
    server.answers.clear()
    assert await looks.health() == Health(("broker: cannot be reached",)), "it is no older"


async def test_those_who_ask_at_once_share_a_look_and_the_first_is_waited_for() -> None:
    server = Server()
    server.answers.clear()
    looks = LastLooks([Check("broker", server.look)], MOMENT, MOMENT, server.watch)
    assert await asyncio.gather(*(looks.health() for _ in range(5))) == [SILENT] * 5
    assert server.looks == 1
    await looks.end()
    assert not (await looks.health()).is_ready
    assert server.looks == 1, "what a look would look at is being closed"


async def test_a_problem_says_itself_whether_it_is_vital() -> None:
    server = Server()
    looks = LastLooks([Check("broker", server.look, vital=False)], MOMENT, MOMENT, server.watch)
    server.problem = "is slow"
    assert await looks.health() == Health(remarks=("broker: is slow",))
    server.problem = Problem("has no queues")
    assert await looks.health() == Health(("broker: has no queues",))
