"""How is a request body read? Up to a limit, and in time."""

import asyncio

from fastapi import Request
from scim2_models import PayloadTooLargeException
from starlette.requests import ClientDisconnect

from api.scim.errors import BodyCutShort, BodyTooSlow


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """Return the body of a request; not a byte is read of one that announces itself as larger.

    :param limit: the largest body in bytes.
    :param seconds: how long it may take to arrive.
    :raises PayloadTooLargeException: when it is larger, as soon as that shows.
    :raises BodyTooSlow: when it takes longer.
    :raises BodyCutShort: when the client hangs up before its end.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise BodyTooSlow from None
    except ClientDisconnect:
        raise BodyCutShort from None
    return bytes(body)


def _too_large(limit: int) -> PayloadTooLargeException:
    return PayloadTooLargeException(detail=f"The body is larger than {limit} bytes; send less")
