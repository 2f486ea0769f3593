"""Does a page end before it is too large, and is a large one whole that is sent in portions?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from api.directory.dialects import DirectoryDatabase
from api.scim.members.answers import MEMBERS_AT_ONCE
from api.scim.operations.resource_lists import CHARACTERS_AT_ONCE
from api.scim.protocol.limits import Limits
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.drivers.many_users import join, multiply
from tests.servers.migrated import NewDatabase

PEOPLE = 12
LARGE = CHARACTERS_AT_ONCE // (PEOPLE - 2)
"""Characters of a user, of whom all together are more than one portion."""


@pytest.fixture(scope="module")
async def crowded(shared_database_url: NewDatabase) -> AsyncIterator[DirectoryDatabase]:
    """Give a directory that holds crowds, which tests read and leave as they are."""
    async with opened_directory(shared_database_url(DIRECTORY)) as directory:
        yield directory


@dataclass(frozen=True, slots=True)
class Crowd:
    """People of whom there is much to tell, in the order of their creation."""

    ingress: Ingress
    ids: list[str]


@asynccontextmanager
async def _crowd_in(directory: DirectoryDatabase, limits: Limits) -> AsyncIterator[Crowd]:
    async with ingress_on(directory, limits=limits) as ingress:
        ids = [await _large_user(ingress, number) for number in range(PEOPLE)]
        yield Crowd(ingress, ids)


@pytest.fixture(scope="module")
async def crowd(crowded: DirectoryDatabase) -> AsyncIterator[Crowd]:
    """Give a connection with these people."""
    async with _crowd_in(crowded, Limits()) as crowd:
        yield crowd


@pytest.fixture(scope="module")
async def short(crowded: DirectoryDatabase) -> AsyncIterator[Crowd]:
    """Give a connection whose pages end after some three of these people."""
    async with _crowd_in(crowded, Limits(page_bytes=4 * LARGE)) as crowd:
        yield crowd


async def _large_user(ingress: Ingress, number: int) -> str:
    addresses = [{"type": f"{part}", "formatted": "x" * (LARGE // 4)} for part in range(4)]
    manager = {"manager": {"$ref": "Users/1", "value": "1"}}  # is made into a model to be shown
    extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    more = {extension: manager} if number % 2 else {}
    return await ingress.user(f"person {number}", addresses=addresses, **more)


SEARCHES: list[dict[str, Any]] = [
    {},
    {"filter": "userName pr"},
    {"sortBy": "userName"},
    {"attributes": "userName,addresses"},
]


@pytest.mark.parametrize("asked", SEARCHES)
@pytest.mark.parametrize("path", ["/Users", "/"])
async def test_a_large_page_shows_everybody_as_they_are(
    crowd: Crowd, asked: dict[str, Any], path: str
) -> None:
    http = crowd.ingress.http
    answer = await http.get(path, params=asked | {"count": 100})
    assert "content-length" not in answer.headers, "it is sent as it is read"
    page = answer.json()
    assert (page["totalResults"], page["itemsPerPage"]) == (PEOPLE, PEOPLE)
    shape = {name: asked[name] for name in asked if name == "attributes"}
    alone = [(await http.get(f"/Users/{id_}", params=shape)).json() for id_ in crowd.ids]
    assert sorted(page["Resources"], key=by_name) == sorted(alone, key=by_name)


def by_name(user: dict[str, Any]) -> str:
    return str(user["userName"])


@pytest.mark.parametrize("asked", SEARCHES)
async def test_pages_that_end_early_show_everybody_once(
    short: Crowd, asked: dict[str, Any]
) -> None:
    shown: list[str] = []
    pages = 0
    while len(shown) < PEOPLE:
        start = {"startIndex": len(shown) + 1, "count": 100}
        page = (await short.ingress.http.get("/Users", params=asked | start)).json()
        assert page["itemsPerPage"] == len(page["Resources"]) > 0
        shown += [user["id"] for user in page["Resources"]]
        pages += 1
    assert sorted(shown) == sorted(short.ids)
    assert pages > 2


@pytest.mark.parametrize("asked", [{}, {"sortBy": "userName", "sortOrder": "descending"}])
async def test_cursors_go_on_where_a_page_has_ended(short: Crowd, asked: dict[str, Any]) -> None:
    forth = await walk(short.ingress, asked, "nextCursor", "")
    assert sorted(id_ for page, _ in forth for id_ in page) == sorted(short.ids)
    assert len(forth) > 2
    last_page, answer = forth[-1]
    back = await walk(short.ingress, asked, "previousCursor", answer["previousCursor"])
    assert {id_ for page, _ in back for id_ in page} | {*last_page} == {*short.ids}


async def walk(
    ingress: Ingress, asked: dict[str, Any], way: str, cursor: str | None
) -> list[tuple[list[str], dict[str, Any]]]:
    """Follow cursors to the end; a page that ended early is read on before it is left."""
    pages = []
    while cursor is not None:
        answer = (await ingress.http.get("/Users", params=asked | {"cursor": cursor})).json()
        pages.append(([user["id"] for user in answer.get("Resources", [])], answer))
        cursor = answer.get(way)
        assert len(pages) <= PEOPLE + 1, "it goes in a circle"
    return pages


async def test_one_resource_is_shown_whatever_its_size(directory: DirectoryDatabase) -> None:
    async with ingress_on(directory, limits=Limits(page_bytes=1)) as ingress:
        for number in range(PEOPLE):
            await ingress.user(f"person {number}")
        page = (await ingress.send("GET", "/Users")).json()
    assert (page["totalResults"], page["itemsPerPage"]) == (PEOPLE, 1)


async def test_a_list_of_many_members_is_whole(ingress: Ingress) -> None:
    pattern = await ingress.user("person-0")
    others = await multiply(
        ingress.database, ingress.connection, pattern, range(1, MEMBERS_AT_ONCE + 2)
    )
    groups = [await ingress.group(name) for name in ("Weavers", "Spinners")]
    for group in groups:
        await join(ingress.database, ingress.connection, group, others)
    alone = await ingress.send("GET", f"/Groups/{groups[0]}")
    assert "content-length" not in alone.headers, "it is sent as it is read"
    base = str(ingress.http.base_url).rstrip("/")
    assert alone.json()["members"] == [
        {"value": id_, "$ref": f"{base}/Users/{id_}", "type": "User"} for id_ in sorted(others)
    ]
    listed = (await ingress.send("GET", "/Groups")).json()["Resources"]
    assert [len(group["members"]) for group in listed] == [len(others)] * 2


async def test_head_of_a_large_page_has_no_body(crowd: Crowd) -> None:
    answer = await crowd.ingress.http.head("/Users")
    assert (answer.status_code, answer.content) == (200, b"")
