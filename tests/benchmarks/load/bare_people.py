"""Who is asked for at the floor? People without a connection, whom a bare api has stored."""

from collections import deque
from dataclasses import dataclass

from tests.benchmarks.load.lean_http import Client
from tests.benchmarks.load.people import PAGE, People

GROUP = 0
"""The size by which its one group, which begins empty, is called."""


def bare_id(number: int) -> str:
    """Return the id, and the name, of one of those that are there at first, in their order."""
    return f"bare-{number:07}"


@dataclass(slots=True)
class BarePeople(People):
    """The people of a floor, where it makes no difference whether somebody has left before."""

    at_first: int = 0

    async def deactivate(self, client: Client) -> str:
        """Let somebody leave, perhaps again; return the id."""
        id_ = await People.deactivate(self, client)
        self.active.append(id_)
        return id_

    def last_pages(self, number: int) -> list[str]:
        """Return the paths of the last full pages of those that are there at first."""
        first = max(self.at_first - (number + 1) * PAGE, 0)
        return [f"/Users?after={bare_id(it)}" for it in range(first, self.at_first - PAGE, PAGE)]


def bare_people(number: int) -> BarePeople:
    """Return the people that a floor begins with; it asks for no token."""
    ids = [bare_id(it) for it in range(number)]
    return BarePeople("", "-", "", ids, deque(ids), groups={GROUP: "everybody"}, at_first=number)
