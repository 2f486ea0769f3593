"""How is a request body read? The reader bounds its size, its time and the memory of all bodies."""

import asyncio
from contextlib import AsyncExitStack

from fastapi import Request
from scim2_models import PayloadTooLargeException

from api.fairness.shares import HUGE_BODY, BodyShares
from api.scim.errors import BodyCutShort, BodyTooSlow


async def read_body(
    request: Request,
    limit: int,
    seconds: float,
    shares: BodyShares,
    owner: str,
    body_slots: AsyncExitStack,
) -> bytes:
    """Return the body of a request; a body that announces a larger size is not read at all.

    :param limit: the largest body in bytes.
    :param seconds: how long the body may take to arrive.
    :param shares: the slots for bodies: the rest of a huge body waits for a slot to arrive, and a
        complete large body for a slot to be processed.
    :param body_slots: holds the slots for as long as the body is needed.
    :raises PayloadTooLargeException: when the body is larger, as soon as that shows.
    :raises BodyTooSlow: when the body takes longer.
    :raises BodyCutShort: when the client hangs up before the end of the body.
    :raises NoSlot: when the owner sends too many large bodies at once.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    has_slot = False
    try:
        async with asyncio.timeout(seconds) as deadline:
            has_more = True
            while has_more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise BodyCutShort
                body += message.get("body", b"")
                has_more = message.get("more_body", False)
                if len(body) > limit:
                    raise _too_large(limit)
                if len(body) > HUGE_BODY and not has_slot:
                    deadline.reschedule(None)  # the client is not to blame for this wait
                    await body_slots.enter_async_context(shares.received.slot(owner))
                    deadline.reschedule(asyncio.get_running_loop().time() + seconds)
                    has_slot = True
    except TimeoutError:
        raise BodyTooSlow from None
    if (slots := shares.slots_for(len(body))) is not None:
        await body_slots.enter_async_context(slots.slot(owner))
    return bytes(body)


def _too_large(limit: int) -> PayloadTooLargeException:
    return PayloadTooLargeException(detail=f"The body is larger than {limit} bytes; send less")
