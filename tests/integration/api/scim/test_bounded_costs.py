"""Is what costs too much refused over HTTP, with what to change? Is the dearest lawful served?"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from api.http.target_length import LONGEST_TARGET
from api.scim.protocol.expression_bounds import LONGEST_CONDITION, MOST_NAMES_ASKED
from api.scim.protocol.limits import LARGEST_CYCLE, LONGEST_NAME, MOST_IN_CYCLE, Limits
from api.scim.protocol.service import MOST_MISTAKES
from api.scim.users.writes import LIGHT_BYTES
from tests.drivers.in_process import GROUP, PATCH, USER, Ingress

LIMITS = Limits()

LARGEST_FILTER = f'userName eq "{"u" * LONGEST_NAME}"'


def circle(size: int, padding: str = "") -> list[dict[str, Any]]:
    """Return creations of groups, each of which has the next one as its member."""
    return [
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": f"{at}",
            "data": {
                "schemas": [GROUP],
                "displayName": f"Group {at}",
                "externalId": padding,
                "members": [{"value": f"bulkId:{(at + 1) % size}"}],
            },
        }
        for at in range(size)
    ]


async def statuses(ingress: Ingress, operations: list[dict[str, Any]]) -> list[str]:
    answer = await ingress.send("POST", "/Bulk", {"Operations": operations})
    return [each["status"] for each in answer.json()["Operations"]]


async def test_a_circle_of_some_dozens_is_created(ingress: Ingress) -> None:
    assert await statuses(ingress, circle(MOST_IN_CYCLE)) == ["201"] * MOST_IN_CYCLE
    groups = await ingress.found("/Groups", "displayName pr")
    assert [len(await ingress.members(group)) for group in groups] == [1] * MOST_IN_CYCLE


@pytest.mark.parametrize(
    "operations",
    [circle(MOST_IN_CYCLE + 1), circle(MOST_IN_CYCLE, "x" * (LARGEST_CYCLE // MOST_IN_CYCLE))],
    ids=["too many", "too large"],
)
async def test_a_larger_circle_is_refused_as_a_whole(
    ingress: Ingress, operations: list[dict[str, Any]]
) -> None:
    user = {"method": "POST", "path": "/Users", "bulkId": "user", "data": {"userName": "ada"}}
    answer = await ingress.send("POST", "/Bulk", {"Operations": [*operations, user]})
    *circular, of_user = answer.json()["Operations"]
    assert {each["status"] for each in circular} == {"409"}
    assert all("create the resources first" in each["response"]["detail"] for each in circular)
    assert of_user["status"] == "201"
    assert await ingress.found("/Groups", "displayName pr") == []


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
async def test_a_condition_has_an_end(ingress: Ingress, name: str) -> None:
    path = f"/Users/{await ingress.user('ada')}"
    longest = await ingress.send("GET", path, **{name: " " * LONGEST_CONDITION})
    assert longest.status_code == 200
    refused = await ingress.send("GET", path, **{name: '"' * (LONGEST_CONDITION + 1)})
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert f"{LONGEST_CONDITION} characters" in refused.json()["detail"]


async def test_a_search_that_no_url_holds_is_sent_as_a_body(ingress: Ingress) -> None:
    many = " or ".join([LARGEST_FILTER] * (LONGEST_TARGET // len(LARGEST_FILTER) + 1))
    refused = await ingress.http.get("/Users", params={"filter": many})
    assert refused.status_code == 414
    assert refused.json()["status"] == "414"
    assert ".search" in refused.json()["detail"]
    allowed = " or ".join([LARGEST_FILTER] * 10)
    answer = await ingress.send("POST", "/Users/.search", {"filter": allowed})
    assert answer.status_code == 200


async def pushed(ingress: Ingress, role: str) -> httpx2.Response:
    body = {"schemas": [USER], "userName": "ada", "roles": [{"value": role}]}
    return await ingress.send("POST", "/Users", body)


async def test_a_role_is_no_longer_than_a_name(ingress: Ingress) -> None:
    refused = await pushed(ingress, "r" * (LONGEST_NAME + 1))
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert f"roles.value is longer than {LONGEST_NAME} characters" in refused.json()["detail"]
    assert (await pushed(ingress, "r" * LONGEST_NAME)).status_code == 201


async def test_changes_of_a_large_user_that_meet_lose_nothing(ingress: Ingress) -> None:
    """What becomes of one is decided before its row is locked, and anew if it has changed."""
    path = f"/Users/{await ingress.user('ada', title='t' * 2 * LIGHT_BYTES)}"
    addresses = [f"ada{n}@acme.test" for n in range(8)]
    added = [{"op": "add", "path": "emails", "value": [{"value": it}]} for it in addresses]
    answers = await asyncio.gather(*(ingress.patch(path, it) for it in added))
    assert [it.status_code for it in answers] == [200] * len(added)
    user = (await ingress.http.get(path)).json()
    assert sorted(it["value"] for it in user["emails"]) == addresses


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)  # none is asked
@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/Users", LIMITS.user_bytes),
        ("PUT", "/Users/ada", LIMITS.user_bytes),
        ("PATCH", "/Users/ada", LIMITS.user_bytes),
        ("POST", "/Users/.search", LIMITS.search_bytes),
        ("POST", "/.search", LIMITS.search_bytes),
        ("POST", "/Groups", LIMITS.body_bytes),
        ("PUT", "/Groups/weavers", LIMITS.body_bytes),
        ("PATCH", "/Groups/weavers", LIMITS.body_bytes),
        ("POST", "/Bulk", LIMITS.bulk_bytes),
    ],
)
async def test_a_body_has_an_end_that_is_known_before_it_is_read(
    ingress: Ingress, method: str, path: str, most: int
) -> None:
    async def nothing() -> AsyncIterator[bytes]:
        raise AssertionError("it is read")
        yield b""

    headers = {"Content-Length": str(most + 1)}
    refused = await ingress.http.request(method, path, content=nothing(), headers=headers)
    assert refused.status_code == 413
    assert f"{most} bytes" in refused.json()["detail"]
    read = await ingress.http.request(method, path, content=b" " * most)
    assert read.status_code == 400


async def test_the_attributes_that_a_request_names_have_an_end(ingress: Ingress) -> None:
    path = f"/Users/{await ingress.user('ada')}"
    for separate, status in ((MOST_NAMES_ASKED, 200), (MOST_NAMES_ASKED + 1, 400)):
        names = ",".join(f"a{at}" for at in range(separate))
        answer = await ingress.http.get(path, params={"attributes": names})
        assert answer.status_code == status
    assert f"{MOST_NAMES_ASKED} names" in answer.json()["detail"]


async def test_a_body_of_mistakes_is_refused_without_counting_them_up(ingress: Ingress) -> None:
    body = {"schemas": [USER], "userName": "ada", "emails": [1] * 500}
    refused = await ingress.send("POST", "/Users", body)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert f"over {MOST_MISTAKES} mistakes" in refused.json()["detail"]


@pytest.mark.parametrize("count", [1, 10_000])
async def test_a_member_that_cannot_be_read_is_refused(ingress: Ingress, count: int) -> None:
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": [1] * count}
    refused = await ingress.send("POST", "/Groups", body)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert "members" in refused.json()["detail"]


NEW: dict[str, Any] = {
    "/Users": {"schemas": [USER], "userName": "x"},
    "/Groups": {"schemas": [GROUP], "displayName": "x"},
}
CHANGED = {
    "schemas": [PATCH],
    "Operations": [{"op": "add", "path": "externalId", "value": "x"}],
}


async def test_an_id_that_cannot_be_is_nobodys(ingress: Ingress) -> None:
    for path, new in NEW.items():
        for id_ in ("%00", "%00" * 32, "a%00b"):
            requests = (("GET", None), ("PUT", new), ("PATCH", CHANGED), ("DELETE", None))
            for method, body in requests:
                answer = await ingress.send(method, f"{path}/{id_}", body)
                assert answer.status_code == 404, (method, path, id_)
