"""How many round trips to its database does a frequent request take? As few as can be."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest

from tests.drivers.in_process import USER, Ingress
from tests.readings.round_trips import round_trips_to

LEAVE = {"op": "replace", "value": {"active": False}}

Sends = Callable[[Ingress, str], Awaitable[httpx2.Response]]


def create(ingress: Ingress, user: str) -> Awaitable[httpx2.Response]:
    return ingress.send("POST", "/Users", {"schemas": [USER], "userName": f"like {user}"})


def look_up(ingress: Ingress, _user: str) -> Awaitable[httpx2.Response]:
    return ingress.http.get("/Users", params={"filter": 'userName eq "ada"'})


def read(ingress: Ingress, user: str) -> Awaitable[httpx2.Response]:
    return ingress.send("GET", f"/Users/{user}")


def page(ingress: Ingress, _user: str) -> Awaitable[httpx2.Response]:
    return ingress.http.get("/Users", params={"startIndex": "1", "count": "100"})


def deactivate(ingress: Ingress, user: str) -> Awaitable[httpx2.Response]:
    return ingress.patch(f"/Users/{user}", LEAVE)


def rename(ingress: Ingress, user: str) -> Awaitable[httpx2.Response]:
    return ingress.patch(
        f"/Users/{user}", {"op": "replace", "path": "userName", "value": f"new {user}"}
    )


def replace(ingress: Ingress, user: str) -> Awaitable[httpx2.Response]:
    body = {"schemas": [USER], "userName": "ada", "title": "Weaver"}
    return ingress.send("PUT", f"/Users/{user}", body)


@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(
    ("send", "trips"),
    [(create, 1), (look_up, 1), (read, 1), (page, 1), (deactivate, 2), (rename, 2), (replace, 2)],
)
async def test_a_frequent_request_takes_so_many_round_trips(
    ingress: Ingress, send: Sends, trips: int
) -> None:
    users = [await ingress.user(name) for name in ("ada", "ben")]
    await send(ingress, users[1])  # prepares the statements
    await ingress.send("GET", f"/Users/{users[0]}")
    async with round_trips_to(ingress.database) as sent:
        answer = await send(ingress, users[0])
    assert answer.is_success, answer.text
    assert len(sent) == trips


@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("send", "statements"), [(create, 5), (look_up, 1), (read, 1), (page, 1), (deactivate, 5)]
)
async def test_on_sqlite_a_frequent_request_takes_so_many_statements(
    ingress: Ingress, send: Sends, statements: int
) -> None:
    user = await ingress.user("ada")
    async with round_trips_to(ingress.database) as sent:
        answer = await send(ingress, user)
    assert answer.is_success, answer.text
    assert len(sent) == statements
