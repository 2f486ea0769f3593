"""Which processes are asked, and for whom? What is measured, be it Muster or a floor."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.benchmarks.load.http_load import Rate, rate
from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.load.people import People

PeopleAsk = Callable[[People, Client], Awaitable[object]]
"""A request for some people, over one connection."""


async def _at_rest() -> None:
    """Wait for nothing: whatever was asked for is done once it is answered."""


@dataclass(frozen=True, slots=True)
class Asked:
    """People, and the processes that are asked for them."""

    people: People
    ports: Sequence[int]
    settle: Callable[[], Awaitable[object]] = _at_rest
    """Waits until all that was asked for has arrived, and nothing is at work any more."""

    async def client(self) -> Client:
        """Connect to the first of the processes."""
        return await Client.open(self.people.at(self.ports)[0])

    async def rate(self, ask: PeopleAsk, connections: int, seconds: float) -> Rate:
        """Ask as often as so many connections can, then wait until all is at rest."""

        async def once(client: Client) -> None:
            await ask(self.people, client)

        targets = self.people.at(self.ports)
        measured = await rate(targets, once, connections=connections, seconds=seconds)
        await self.settle()
        return measured
