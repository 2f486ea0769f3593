"""Is a connection that asks for more than its share told so, while others go on?"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from api.directory.dialects import DirectoryDatabase
from api.fairness.share_sizes import ShareSizes
from api.fairness.shares import HUGE_RECEIVED, LARGE_BODIES
from api.fairness.work import LARGE_WORK
from tests.drivers.in_process import GROUP, USER, Ingress, ingress_on

IMPATIENT = ShareSizes(requests_each=1, searches_each=1, patience=0.01)


@pytest.fixture
async def small(directory: DirectoryDatabase) -> AsyncIterator[Ingress]:
    """Give a connection that may do one thing at a time."""
    async with ingress_on(directory, share_sizes=IMPATIENT) as ingress:
        yield ingress


class SlowBody:
    """A body whose last bytes do not come before it is let go on."""

    def __init__(self, body: Any) -> None:
        self._text = json.dumps(body).encode()
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        yield self._text[:-1]
        self.begun.set()
        await self.goes_on.wait()
        yield self._text[-1:]


async def test_a_request_beyond_the_share_is_told_when_to_come_again(small: Ingress) -> None:
    others = await small.neighbour()
    slow = SlowBody({"schemas": [USER], "userName": "ada"})
    first = asyncio.ensure_future(small.http.post("/Users", content=slow.pieces()))
    await slow.begun.wait()
    refused = await small.send("GET", "/Users")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["status"] == "429"
    assert "fewer" in refused.json()["detail"]
    assert (await others.send("GET", "/Users")).status_code == 200
    assert refusals(small.registry, "requests") == 1
    slow.goes_on.set()
    assert (await first).status_code == 201
    assert (await small.send("GET", "/Users")).status_code == 200


async def test_a_share_is_held_until_the_answer_is_sent(small: Ingress) -> None:
    """A client that takes its time to read an answer uses its own share, and nobody else's."""
    transport = small.http._transport  # noqa: SLF001 - it leads to the api
    assert isinstance(transport, httpx2.ASGITransport)
    sent, goes_on = asyncio.Event(), asyncio.Event()
    request = small.http.build_request("GET", "/Users")

    async def receive() -> Any:
        return await asyncio.Event().wait()  # there is no body, and the client stays

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.set()
            await goes_on.wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": request.url.path,
        "query_string": b"",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }
    reading = asyncio.ensure_future(transport.app(scope, receive, send))
    await sent.wait()
    assert (await small.send("GET", "/Users")).status_code == 429
    goes_on.set()
    await reading
    assert (await small.send("GET", "/Users")).status_code == 200


async def neighbours_of(ingress: Ingress, number: int) -> list[Ingress]:
    """Give other connections, each to a workspace of its own: finding free names takes time."""
    return [await ingress.neighbour(f"Neighbour {each}") for each in range(number)]


async def test_bodies_that_come_slowly_keep_nobody_waiting(ingress: Ingress) -> None:
    large = {"schemas": [USER], "userName": "ada", "title": "x" * 2 * LARGE_WORK}
    slow = [(it, SlowBody(large)) for it in await neighbours_of(ingress, 2 * LARGE_BODIES)]
    sending = [
        asyncio.ensure_future(each.http.post("/Users", content=body.pieces()))
        for each, body in slow
    ]
    await asyncio.gather(*(body.begun.wait() for _, body in slow))
    assert (await ingress.send("POST", "/Users", large)).status_code == 201
    for _, body in slow:
        body.goes_on.set()
    assert {it.status_code for it in await asyncio.gather(*sending)} == {201}


async def test_huge_bodies_that_come_slowly_leave_room_for_all_others(
    directory: DirectoryDatabase,
) -> None:
    huge = {"schemas": [GROUP], "displayName": "Weavers", "padding": ["x" * 9_999] * 120}
    async with ingress_on(directory, share_sizes=IMPATIENT) as ingress:
        slow = [(it, SlowBody(huge)) for it in await neighbours_of(ingress, HUGE_RECEIVED)]
        sending = [
            asyncio.ensure_future(each.http.post("/Groups", content=body.pieces()))
            for each, body in slow
        ]
        await asyncio.gather(*(body.begun.wait() for _, body in slow))
        assert (await ingress.send("POST", "/Groups", huge)).status_code == 429
        small = huge | {"padding": huge["padding"][:100]}
        assert (await ingress.send("POST", "/Groups", small)).status_code == 201
        for sent, (_, body) in zip(sending, slow, strict=True):
            body.goes_on.set()
            assert (await sent).status_code == 201


def refusals(registry: CollectorRegistry, share: str) -> float | None:
    return registry.get_sample_value("muster_share_refusals_total", {"share": share})
