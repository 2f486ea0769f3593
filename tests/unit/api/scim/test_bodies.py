"""Is whoever does not send a whole body told so, and not taken for an error of ours?"""

from contextlib import AsyncExitStack

import pytest
from fastapi import Request
from starlette.types import Message

from api.fair_slots import FairSlots
from api.scim.bodies import read_body
from api.scim.errors import BodyCutShort


async def test_a_client_that_hangs_up_in_the_middle_is_no_error_of_ours() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    request = Request({"type": "http", "headers": []}, receive)
    slots = FairSlots(total=1, each=1, patience=60)
    async with AsyncExitStack() as held:
        with pytest.raises(BodyCutShort):
            await read_body(request, 100, 60, slots, "acme", held)
