"""Who is in the directories that are measured? Many users, as their providers see them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import update
from sqlmodel import col

from api.admin.connections import create_connection
from api.connection_urls import SCIM_PREFIX
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import UserRow
from contracts.clock import now
from contracts.rules import Rules
from tests.benchmarks.bodies import DEACTIVATION, user
from tests.benchmarks.lean_http import Client, Target
from tests.drivers.many_users import multiply, named

STEP = 7919
"""A prime: names are looked up all over the directory, each once before any again."""


HOUR = 3_600_000_000
"""Microseconds."""


@dataclass(slots=True)
class People:
    """The users of one connection, or of the floor, and what is asked for them."""

    connection: str
    token: str
    path: str
    names: list[str]
    active: deque[str]
    numbers: "count[int]" = field(default_factory=count)
    since: int = 0
    """When all of them were last marked."""

    def at(self, ports: Sequence[int]) -> list[Target]:
        """Return the connection as each of some processes serves it."""
        return [Target(port, self.path, self.token) for port in ports]

    async def create(self, client: Client) -> str:
        """Push a new user; return its id."""
        name = f"new-{next(self.numbers)}"
        answer = await client.send("POST", "/Users", user(name))
        id_: str = answer.json()["id"]
        self.names.append(name)
        self.active.append(id_)
        return id_

    async def deactivate(self, client: Client) -> str:
        """Let somebody leave; return the id."""
        id_ = self.active.popleft()
        await client.send("PATCH", f"/Users/{id_}", DEACTIVATION)
        return id_

    async def look_up(self, client: Client) -> None:
        """Ask for a user by its name."""
        name = self.names[next(self.numbers) * STEP % len(self.names)]
        found = await client.send("GET", f'/Users?filter=userName eq "{name}@bench.test"')
        assert name.encode() in found.body


class BarePeople(People):
    """The people of the floor, where it makes no difference whether somebody has left before."""

    async def deactivate(self, client: Client) -> str:
        """Let somebody leave, perhaps again; return the id."""
        id_ = await People.deactivate(self, client)
        self.active.append(id_)
        return id_


def nobody() -> People:
    """Return the people of the floor, which asks for no token and begins empty."""
    return BarePeople("", "-", "", [], deque())


async def crowd(
    database: DirectoryDatabase, ports: Sequence[int], workspace: str, rules: Rules, size: int
) -> People:
    """Make a connection with so many users: one is pushed, the others are copies."""
    made = await create_connection(database, workspace, rules, now())
    people = People(made.id, made.token, f"{SCIM_PREFIX}/{made.id}", [named(0)], deque())
    client = await Client.open(people.at(ports)[0])
    pattern = (await client.send("POST", "/Users", user(named(0)))).json()["id"]
    client.close()
    async with database.write() as db:  # as if they had been there for an hour
        await db.execute(
            update(UserRow).where(col(UserRow.id) == pattern).values(created_at=now() - HOUR)
        )
    copies = await multiply(database, made.id, pattern, range(1, size))
    people.names += map(named, range(1, size))
    people.active += (pattern, *copies)
    return people
