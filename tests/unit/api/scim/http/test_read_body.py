"""Is whoever does not send a whole body told so, and not taken for an error of ours?"""

from contextlib import AsyncExitStack

import pytest
from fastapi import Request
from starlette.types import Message

from api.fairness.shares import HUGE_BODY, LARGE_BODY, BodyShares
from api.fairness.slots import FairSlots, NoSlot
from api.scim.errors import BodyCutShort
from api.scim.http.read_body import read_body


async def test_a_client_that_hangs_up_in_the_middle_is_no_error_of_ours() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    request = Request({"type": "http", "headers": []}, receive)
    slots = FairSlots(total=1, per_owner=1, patience=60)
    async with AsyncExitStack() as held:
        with pytest.raises(BodyCutShort):
            await read_body(request, 100, 60, BodyShares(slots, slots, slots), "acme", held)


@pytest.mark.parametrize("size", [LARGE_BODY + 1, HUGE_BODY + 1])
async def test_a_large_body_waits_for_its_turn_once_it_is_complete(size: int) -> None:
    shares = one_of_each()
    turns = shares.slots_for(size)
    assert turns is not None
    async with AsyncExitStack() as held, turns.slot("acme"):
        with pytest.raises(NoSlot):
            await read_body(sent(b"x" * size), size, 60, shares, "acme", held)
    async with AsyncExitStack() as held:
        assert len(await read_body(sent(b"x" * size), size, 60, shares, "acme", held)) == size
        with pytest.raises(NoSlot):
            await turns.take("other")
    await turns.take("other")


async def test_a_small_body_waits_for_nobody() -> None:
    shares = one_of_each()
    async with AsyncExitStack() as held, shares.large.slot("a"), shares.huge.slot("a"):
        assert await read_body(sent(b"{}"), 100, 60, shares, "acme", held) == b"{}"


def one_of_each() -> BodyShares:
    slots = [FairSlots(total=1, per_owner=1, patience=0.01) for _ in range(3)]
    return BodyShares(*slots)


def sent(body: bytes) -> Request:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop(0)

    return Request({"type": "http", "headers": []}, receive)
