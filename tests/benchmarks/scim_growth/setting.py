"""What does the benchmark of SCIM run on? Directories of several sizes, and groups within them."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.admin.connections import create_connection
from api.connection_urls import SCIM_PREFIX
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.benchmarks.load.bodies import user
from tests.benchmarks.load.lean_http import Client, Target
from tests.drivers.in_process import GROUP, RULES
from tests.drivers.many_users import join, multiply

USERS = (1_000, 10_000, 100_000, 200_000)
MEMBERS = (100, 1_000, 10_000, 100_000)
PROCESSES, CONNECTIONS = 2, 16
SECONDS = 4.0
"""How long a rate is measured."""

ROUNDS, SLOW_ROUNDS = 31, 5
"""How often a time is taken; of what takes a second, less often."""


@dataclass(frozen=True, slots=True)
class Directory:
    """A connection with many users, as each of the processes serves it."""

    size: int
    targets: Sequence[Target]
    users: Sequence[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    unit: str
    at: dict[int, str]


async def fill(database: DirectoryDatabase, ports: Sequence[int], size: int) -> Directory:
    """Make a connection with so many users: one is pushed, the others are copies."""
    made = await create_connection(database, f"bench {size}", RULES, now(), brake="off")
    targets = [Target(port, f"{SCIM_PREFIX}/{made.id}", made.token) for port in ports]
    client = await Client.open(targets[0])
    pattern = (await client.send("POST", "/Users", user("person-0"))).json()["id"]
    client.close()
    return Directory(size, targets, await multiply(database, made.id, pattern, range(1, size)))


async def fill_groups(
    database: DirectoryDatabase, directory: Directory, client: Client
) -> dict[int, str]:
    """Make groups of each size out of the same users; return their ids by size."""
    groups = {}
    connection = directory.targets[0].path.rpartition("/")[2]
    for size in MEMBERS:
        body = {"schemas": [GROUP], "displayName": f"Group of {size}"}
        groups[size] = (await client.send("POST", "/Groups", body)).json()["id"]
        await join(database, connection, groups[size], directory.users[:size])
    return groups
