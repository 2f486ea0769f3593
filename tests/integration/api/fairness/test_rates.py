"""Is a connection told that it sends more than its rate, at no cost, and do leavers go on?"""

from collections.abc import AsyncIterator

import pytest

from api.directory.dialects import DirectoryDatabase
from api.fairness.rate_bucket import Rate
from api.fairness.rates import Rates
from api.requests.answered import Answered
from tests.drivers.in_process import USER, Ingress, ingress_on, metrics_of_nobody
from tests.readings.round_trips import round_trips_to

BURST = 5
LEAVE = {"op": "replace", "value": {"active": False}}


class Hands:
    """A clock that a test sets."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def told() -> list[Answered]:
    return []


@pytest.fixture
def rates(clock: Hands) -> Rates:
    return Rates(Rate(1, BURST), metrics_of_nobody().share_refusals, clock=clock)


@pytest.fixture
async def hasty(
    directory: DirectoryDatabase, rates: Rates, told: list[Answered]
) -> AsyncIterator[Ingress]:
    """Give a connection that may send five requests at once, and one a second."""
    async with ingress_on(directory, rates=rates, on_answer=told.append) as ingress:
        yield ingress


def refused(rates: Rates, share: str) -> float:
    value: float = rates.refusals.labels(share)._value.get()  # noqa: SLF001
    return value


async def use_up(ingress: Ingress) -> None:
    for _ in range(BURST):
        await ingress.send("GET", "/Users")


async def test_a_request_beyond_the_rate_is_told_when_to_come_again(
    hasty: Ingress, rates: Rates, clock: Hands, told: list[Answered]
) -> None:
    others = await hasty.neighbour()
    await use_up(hasty)
    answer = await hasty.send("GET", "/Users")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["content-type"].startswith("application/scim+json")
    assert answer.json()["status"] == "429"
    assert "rate" in answer.json()["detail"]
    assert told[-1].refusal is not None
    assert told[-1].refusal.code == "rate_exceeded"
    assert refused(rates, "rate") == 1
    assert (await others.send("GET", "/Users")).status_code == 200
    clock.at = 1
    assert (await hasty.send("GET", "/Users")).status_code == 200
    assert (await hasty.send("GET", "/Users")).status_code == 429


async def test_a_refusal_costs_no_statement(hasty: Ingress) -> None:
    user = await hasty.user("ada")
    await use_up(hasty)
    async with round_trips_to(hasty.database) as sent:
        for method, path, body in (
            ("GET", "/Users", None),
            ("POST", "/Users", {"schemas": [USER], "userName": "ben"}),
            ("PATCH", f"/Users/{user}", {"Operations": []}),
            ("DELETE", "/Groups/x", None),
        ):
            assert (await hasty.send(method, path, body)).status_code == 429
    assert sent == []


async def test_leavers_go_on_beyond_the_rate(hasty: Ingress, rates: Rates, clock: Hands) -> None:
    ada, ben, eve = [await hasty.user(name) for name in ("ada", "ben", "eve")]
    clock.at = 100
    await use_up(hasty)
    put = {"schemas": [USER], "userName": "ben", "active": False}
    for answer in (
        await hasty.patch(f"/Users/{ada}", LEAVE),
        await hasty.send("PUT", f"/Users/{ben}", put),
        await hasty.send("DELETE", f"/Users/{eve}"),
    ):
        assert answer.is_success
    joiner = {"schemas": [USER], "userName": "kim"}
    assert (await hasty.send("POST", "/Users", joiner)).status_code == 429
    come_back = {"op": "replace", "value": {"active": True}}
    assert (await hasty.patch(f"/Users/{ada}", come_back)).status_code == 429
    active = {row["id"]: row["active"] for row in await hasty.identities()}
    assert active == {ada: False, ben: False, eve: False}
    for _ in range(BURST - 3):
        assert (await hasty.patch(f"/Users/{ada}", LEAVE)).is_success
    last = await hasty.patch(f"/Users/{ada}", LEAVE)
    assert (last.status_code, refused(rates, "rate_of_leavers")) == (429, 1)


async def test_a_wrong_token_takes_nothing_of_the_rate(hasty: Ingress) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    for _ in range(2 * BURST):
        assert (await hasty.http.get("/Users", headers=wrong)).status_code == 401
    assert (await hasty.send("GET", "/Users")).status_code == 200
