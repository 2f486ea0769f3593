"""Does the cost of a request follow what it changes? The same for a small and for a large group."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from api.admin.change_rules import replace_rules
from api.admin.resync import publish_again
from api.directory.dialects import DirectoryDatabase
from api.directory.tables import GroupRow, Membership
from contracts.clock import now
from contracts.rules import StoreRules
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.drivers.many_users import multiply
from tests.readings.statements import Asked, asked_of
from tests.servers.migrated import NewDatabase

SMALL, LARGE = 5, 100

MANY = 20
"""Groups of one person."""

FEW = 12
"""Statements of a request, without those that look its token up; rows likewise."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A group of some size, and three people who are not in it."""

    ingress: Ingress
    id: str
    members: list[str]
    outsiders: list[str]

    @property
    def path(self) -> str:
        return f"/Groups/{self.id}"

    async def patch(self, *operations: Any, query: str = "") -> httpx2.Response:
        return await self.ingress.patch(self.path + query, *operations)


Change = Callable[[Cast], Awaitable[httpx2.Response]]


@dataclass(frozen=True, slots=True)
class Hall:
    """A connection with people, who are in no group between two tests."""

    ingress: Ingress
    people: list[str]

    @asynccontextmanager
    async def casts(self) -> AsyncIterator[list[Cast]]:
        """Put people into a small group and a large one, with nobody marked, for as long."""
        rest = iter(self.people)
        casts = []
        for size in (SMALL, LARGE):
            outsiders, members = list(islice(rest, 3)), list(islice(rest, size))
            group = await self.ingress.group(f"Group of {size}", *members)
            casts.append(Cast(self.ingress, group, members, outsiders))
        await self.ingress.settle()
        yield casts
        async with self.ingress.database.write() as db:
            await db.execute(delete(Membership))
            await db.execute(delete(GroupRow))


@asynccontextmanager
async def _hall_in(directory: DirectoryDatabase) -> AsyncIterator[Hall]:
    async with ingress_on(directory) as ingress:
        pattern = await ingress.user("person-0@a.test", externalId="person-0")
        numbers = range(1, SMALL + LARGE + 7)
        yield Hall(ingress, await multiply(directory, ingress.connection, pattern, numbers))


@pytest.fixture(scope="module")
async def hall(shared_database_url: NewDatabase) -> AsyncIterator[Hall]:
    """Give the people of this module, whom tests leave as they are, but for their groups."""
    async with (
        opened_directory(shared_database_url(DIRECTORY)) as directory,
        _hall_in(directory) as hall,
    ):
        yield hall


@pytest.fixture
async def casts(hall: Hall) -> AsyncIterator[list[Cast]]:
    """Give the small group and the large one."""
    async with hall.casts() as casts:
        yield casts


def add(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": id_} for id_ in ids]}


def remove(id_: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{id_}"]'}


def rename(cast: Cast) -> dict[str, Any]:
    return {"op": "replace", "value": {"id": cast.id, "displayName": f"New {cast.id}"}}


async def change_nothing(cast: Cast) -> httpx2.Response:
    name = {"op": "replace", "path": "displayName", "value": f"Group of {len(cast.members)}"}
    return await cast.patch(name, add(cast.members[0]), remove(cast.outsiders[0]))


async def remove_by_a_filter(cast: Cast) -> httpx2.Response:
    selection = f'value sw "{cast.members[0]}" and not (display pr)'
    return await cast.patch({"op": "remove", "path": f"members[{selection}]"})


async def set_a_label(cast: Cast) -> httpx2.Response:
    path = f'members[value eq "{cast.members[0]}"].display'
    return await cast.patch({"op": "replace", "path": path, "value": "Ada"})


async def send_two_hundred_operations(cast: Cast) -> httpx2.Response:
    people = [*cast.outsiders, *cast.members[:2]]
    return await cast.patch(*([step(id_) for id_ in people for step in (remove, add)] * 20))


CHANGES: dict[str, Change] = {
    "add": lambda cast: cast.patch(add(cast.outsiders[0])),
    "add three": lambda cast: cast.patch(add(*cast.outsiders)),
    "add a member": lambda cast: cast.patch(add(cast.members[0])),
    "add a stranger": lambda cast: cast.patch(add("0" * 32)),
    "remove": lambda cast: cast.patch(remove(cast.members[0])),
    "remove nobody": lambda cast: cast.patch(remove(cast.outsiders[0])),
    "remove by ids": lambda cast: cast.patch(
        {"op": "Remove", "path": "members", "value": [{"value": id_} for id_ in cast.members[:3]]}
    ),
    "remove by a filter": remove_by_a_filter,
    "remove all": lambda cast: cast.patch({"op": "remove", "path": "members"}),
    "put one in the place of all": lambda cast: cast.patch(
        add(cast.outsiders[0]) | {"op": "replace"}
    ),
    "rename": lambda cast: cast.patch(rename(cast)),
    "rename and move": lambda cast: cast.patch(
        add(cast.outsiders[0]), rename(cast), remove(cast.members[0])
    ),
    "set a label": set_a_label,
    "change nothing": change_nothing,
    "two hundred operations": send_two_hundred_operations,
    "answer with the name": lambda cast: cast.patch(
        add(cast.outsiders[0]), query="?attributes=displayName"
    ),
    "replace": lambda cast: cast.ingress.send(
        "PUT",
        f"{cast.path}?excludedAttributes=members",
        {"displayName": f"New {cast.id}", "members": [{"value": cast.outsiders[0]}]},
    ),
    "delete": lambda cast: cast.ingress.send("DELETE", cast.path),
    "read without members": lambda cast: cast.ingress.send(
        "GET", f"{cast.path}?excludedAttributes=members"
    ),
    "list without members": lambda cast: cast.ingress.send("GET", "/Groups?attributes=displayName"),
    "read what is known": lambda cast: cast.ingress.send(
        "GET", cast.path, **{"if-none-match": "*"}
    ),
    "read with members": lambda cast: cast.ingress.send("GET", cast.path),
    "list with members": lambda cast: cast.ingress.send("GET", "/Groups"),
}


async def _cost(cast: Cast, change: Change) -> Asked:
    with asked_of(cast.ingress.database) as asked:
        answer = await change(cast)
    assert answer.status_code in {200, 204, 304}, answer.text
    return asked.without_token()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_request_asks_the_same_whatever_the_size_of_the_group(
    casts: list[Cast], change: Change
) -> None:
    small, large = [await _cost(cast, change) for cast in casts]
    assert large.statements == small.statements
    assert large.rows == small.rows
    assert len(large.statements) <= FEW
    assert large.rows <= FEW


async def test_a_hundred_single_adds_ask_what_two_ask(casts: list[Cast]) -> None:
    cast = casts[0]
    people = casts[1].members[:100]
    two = await _cost(cast, lambda cast: cast.patch(*map(add, casts[1].outsiders[:2])))
    hundred = await _cost(cast, lambda cast: cast.patch(*map(add, people)))
    assert hundred.rows <= two.rows
    assert len(hundred.statements) <= len(two.statements) + 1  # on SQLite, it is planned apart
    assert set(people) <= set(await cast.ingress.members(cast.id))


async def test_a_user_is_deleted_out_of_many_groups_as_out_of_few(ingress: Ingress) -> None:
    few, many = await ingress.user("ada"), await ingress.user("ben")
    for number in range(MANY):
        await ingress.group(f"Group {number}", *([many] if number else [few, many]))
    asked = []
    for user in (few, many):
        with asked_of(ingress.database) as deletion:
            assert (await ingress.send("DELETE", f"/Users/{user}")).status_code == 204
        asked.append(deletion.statements)
    assert asked[0] == asked[1]
    async with ingress.database.read() as db:
        left = select(Membership.__table__).where(col(Membership.member_id) == many)  # type: ignore[attr-defined]
        assert (await db.execute(left)).all() == []
    assert (await ingress.identity(many))["groups"] == sorted(f"Group {n}" for n in range(MANY))


async def test_everybody_is_marked_in_one_statement(directory: DirectoryDatabase) -> None:
    async with _hall_in(directory) as hall, hall.casts() as casts:
        await _everybody_is_marked(hall.ingress, casts)


async def _everybody_is_marked(ingress: Ingress, casts: list[Cast]) -> None:
    with asked_of(ingress.database) as changed:
        marked = await replace_rules(ingress.database, ingress.connection, StoreRules(), now())
    assert marked == len(await ingress.marked()) > len(casts[1].members)
    # the connection, its rules, the audit log, the marks
    assert (len(changed.statements), changed.rows) == (4, 1)
    with asked_of(ingress.database) as resynced:
        await publish_again(ingress.database, ingress.connection, now())
    # the connection, the audit log, the marks
    assert (len(resynced.statements), resynced.rows) == (3, 1)
