"""Who is in the directories that are measured? Many users, as their providers see them."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy import text

from api.directory.count_users import UserCounting
from api.directory.dialects import DirectoryDatabase
from tests.benchmarks.load.bodies import DEACTIVATION, joining, leaving, user
from tests.benchmarks.load.lean_http import Client, Target
from tests.drivers.in_process import GROUP
from tests.drivers.many_users import analyze, join, multiply, named

STEP = 7919
"""A prime: names are looked up all over the directory, each once before any again."""

PAGE = 100

HOUR = 3_600_000_000
"""Microseconds."""

AN_HOUR_AGO = text("UPDATE users SET created_at = created_at - :hour WHERE id = :id")


@dataclass(slots=True)
class People:
    """The users of one connection, or of the floor, and what is asked for them."""

    connection: str
    token: str
    path: str
    names: list[str]
    active: deque[str]
    numbers: "count[int]" = field(default_factory=count)
    groups: dict[int, str] = field(default_factory=dict)
    """The ids of groups by their size."""

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

    def last_pages(self, number: int) -> list[str]:
        """Return the paths of the last pages, in their order."""
        users = len(self.names)
        first = max(users - number * PAGE, 0) + 1
        return [f"/Users?startIndex={it}&count={PAGE}" for it in range(first, users, PAGE)]

    def scattered_pages(self, number: int) -> list[str]:
        """Return the paths of pages far from each other, none of which comes after another."""
        users = len(self.names)
        starts = [max(users - PAGE - it * users // (2 * number), 0) + 1 for it in range(number)]
        return [f"/Users?startIndex={start}&count={PAGE}" for start in starts]

    async def add_member(self, client: Client, size: int, member: str) -> None:
        """Put a user into the group of a size."""
        await client.send("PATCH", f"/Groups/{self.groups[size]}", joining(member))

    async def remove_member(self, client: Client, size: int, member: str) -> None:
        """Take a user out of the group of a size."""
        await client.send("PATCH", f"/Groups/{self.groups[size]}", leaving(member))


def group_name(size: int) -> str:
    """Return what the group of a size is called."""
    return f"Group of {size}"


async def fill(
    database: DirectoryDatabase,
    asked: Target,
    settle: Callable[[], Awaitable[object]],
    size: int,
) -> People:
    """Fill a connection with so many users: one is pushed, the others are copies, and counted.

    The copies are not marked, and so do not go downstream before they are published again.

    :param settle: waits until the first one is downstream.
    """
    path, connection = asked.path, asked.path.rpartition("/")[2]
    people = People(connection, asked.token, path, [named(0)], deque())
    client = await Client.open(asked)
    pattern = (await client.send("POST", "/Users", user(named(0)))).json()["id"]
    client.close()
    await settle()
    async with database.write() as db:  # as if they had been there for an hour
        await db.execute(AN_HOUR_AGO, {"hour": HOUR, "id": pattern})
    copies = await multiply(database, connection, pattern, range(1, size))
    await _count(database, connection)
    people.names += map(named, range(1, size))
    people.active += (pattern, *copies)
    return people


async def _count(database: DirectoryDatabase, connection: str) -> None:
    """Count users as api processes do in the background, so that no page has to count them."""
    counting = UserCounting(database)
    counting.note(connection)
    while counting.written:
        await counting.look()
    await analyze(database)


async def make_groups(
    database: DirectoryDatabase, port: int, people: People, sizes: Sequence[int]
) -> None:
    """Make groups of several sizes out of the same users, where they do not exist yet."""
    client = await Client.open(people.at([port])[0])
    for size in sizes:
        if size not in people.groups:
            body = {"schemas": [GROUP], "displayName": group_name(size)}
            made = (await client.send("POST", "/Groups", body)).json()
            people.groups[size] = made["id"]
            await join(database, people.connection, made["id"], list(people.active)[:size])
    client.close()
