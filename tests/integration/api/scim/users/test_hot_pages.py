"""Is a plain page of users what a search in other words gives, at a cost that its depth leaves?"""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import update

from api.directory.count_users import UserCounting
from api.directory.tables import Token
from api.scim.operations.resource_lists import CHARACTERS_AT_ONCE
from api.scim.users.hot_pages import reading_page
from api.scim.users.hot_statements import POSTGRES
from api.scim.users.statements import USERS
from contracts.clock import now
from tests.conformance.provider_users import BODIES
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import multiply, named

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

RANGE_SIZE, PAGE = 20, 5
AN_HOUR = 3_600_000_000


@pytest.fixture
async def people(ingress: Ingress) -> list[str]:
    """Give the ids of people with groups, a manager, or as providers push them."""
    ids = [await ingress.user(f"person {number}", title="Wéaver") for number in range(3)]
    manager = {"manager": {"value": ids[0], "$ref": f"Users/{ids[0]}"}}
    ids.append(await ingress.user("managed", **{ENTERPRISE: manager}))
    for name, body in BODIES.items():
        answer = await ingress.send("POST", "/Users", body | {"userName": name})
        ids.append(answer.json()["id"])
    await ingress.group('Weavers "and" spinners', *ids[1:4])
    await ingress.group("Dyers", ids[1])
    return ids


QUERIES: list[dict[str, Any]] = [
    {},
    {"startIndex": 1, "count": 2},
    {"startIndex": 3, "count": 100},
    {"startIndex": 4},
    {"startIndex": 5_000, "count": 100},
    {"count": 100_000},
]


async def test_a_plain_page_is_what_a_search_by_post_finds(
    ingress: Ingress, people: list[str]
) -> None:
    for query in QUERIES:
        plain = await ingress.http.get("/Users", params=query)
        searched = await ingress.send("POST", "/Users/.search", {"schemas": [SEARCH]} | query)
        assert plain.status_code == searched.status_code == 200, query
        assert plain.text == searched.text, query
        assert plain.json()["totalResults"] == len(people), query


async def test_nobody_has_an_empty_page(ingress: Ingress) -> None:
    plain = await ingress.http.get("/Users", params={"count": 100})
    searched = await ingress.send("POST", "/Users/.search", {"schemas": [SEARCH], "count": 100})
    assert plain.text == searched.text


async def test_a_page_is_refused_as_soon_as_its_token_has_ended(
    ingress: Ingress, people: list[str]
) -> None:
    assert len((await ingress.http.get("/Users")).json()["Resources"]) == len(people)
    async with ingress.database.write() as db:
        await db.execute(update(Token).values(revoked_at=now()))
    assert (await ingress.http.get("/Users")).status_code == 401
    async with ingress.database.write() as db:
        await db.execute(update(Token).values(revoked_at=None))
    assert (await ingress.http.get("/Users")).status_code == 200


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_a_deep_page_reads_few_users_that_lie_side_by_side(ingress: Ingress) -> None:
    pattern = await ingress.user(named(0))
    users = 10 * RANGE_SIZE
    async with ingress.database.write() as db:
        early = {"created_at": now() - AN_HOUR}
        await db.execute(update(USERS).where(USERS.c.id == pattern).values(early))
    await multiply(ingress.database, ingress.connection, pattern, range(1, users))
    counting = UserCounting(ingress.database, RANGE_SIZE)
    counting.note(ingress.connection)
    await counting.look()
    for start in (0, users - PAGE):
        scans = await _scans_of_users(ingress, start)
        assert {scan["Index Name"] for scan in scans} == {"users_by_creation"}
        read = sum(scan["Actual Rows"] * scan["Actual Loops"] for scan in scans)
        assert read <= RANGE_SIZE + 3 * PAGE


async def _scans_of_users(ingress: Ingress, start: int) -> Sequence[Any]:
    """Return how a page looks at users, also at those before it and at those only counted."""
    statement = reading_page(POSTGRES)
    of_page = {"start": start, "count": PAGE, "characters": CHARACTERS_AT_ONCE}
    given = {"connection": ingress.connection, "digest": "", "now": now()} | of_page
    async with ingress.transactions.read() as tx:
        driver: Any = (await tx.db.get_raw_connection()).driver_connection
        arguments = statement.arguments(given)
        [row] = await driver.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}", *arguments)
    [plan] = row[0]
    return list(_scans(plan["Plan"]))


def _scans(node: Any) -> Iterator[Any]:
    """Yield the scans of the table of users or of its indexes."""
    if node.get("Relation Name") == "users":
        yield node
    for inner in node.get("Plans", ()):
        yield from _scans(inner)
