"""How is a request body read? Up to a limit, and not a byte of what announces itself as larger."""

from fastapi import Request
from scim2_models import PayloadTooLargeException


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body of a request.

    :param limit: the largest body in bytes.
    :raises PayloadTooLargeException: when it is larger, as soon as that shows.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> PayloadTooLargeException:
    return PayloadTooLargeException(detail=f"The body is larger than {limit} bytes")
