"""How is a request body read? Up to a limit, in time, and few large ones at once."""

import asyncio
from contextlib import AsyncExitStack

from fastapi import Request
from scim2_models import PayloadTooLargeException
from starlette.requests import ClientDisconnect

from api.fairness.shares import HUGE_BODY, BodyShares
from api.scim.errors import BodyCutShort, BodyTooSlow


async def read_body(
    request: Request,
    limit: int,
    seconds: float,
    shares: BodyShares,
    owner: str,
    held: AsyncExitStack,
) -> bytes:
    """Return the body of a request; not a byte is read of one that announces itself as larger.

    :param limit: the largest body in bytes.
    :param seconds: how long it may take to arrive.
    :param shares: shares the memory for bodies: the rest of a huge one waits for a slot, and what
        is large is not read before its turn.
    :param held: keeps the slots for as long as the body is needed.
    :raises PayloadTooLargeException: when it is larger, as soon as that shows.
    :raises BodyTooSlow: when it takes longer.
    :raises BodyCutShort: when the client hangs up before its end.
    :raises NoSlot: when the owner sends too many large bodies at once.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    has_slot = False
    try:
        async with asyncio.timeout(seconds) as deadline:
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise _too_large(limit)
                if len(body) > HUGE_BODY and not has_slot:
                    deadline.reschedule(None)  # the client does not make it wait
                    await held.enter_async_context(shares.received.slot(owner))
                    deadline.reschedule(asyncio.get_running_loop().time() + seconds)
                    has_slot = True
    except TimeoutError:
        raise BodyTooSlow from None
    except ClientDisconnect:
        raise BodyCutShort from None
    if (turns := shares.slots_for(len(body))) is not None:
        await held.enter_async_context(turns.slot(owner))
    return bytes(body)


def _too_large(limit: int) -> PayloadTooLargeException:
    return PayloadTooLargeException(detail=f"The body is larger than {limit} bytes; send less")
