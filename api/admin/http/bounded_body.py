"""How large and how slow may a body be? It is read as a whole, within bounds, before it is used."""

import asyncio

from starlette.types import Message, Receive, Scope

from api.admin.http.errors import BodyTooLarge, BodyTooSlow

LARGEST_BODY = 1024 * 1024
"""Bytes of a body. Rules that map ten thousand names to roles take as much."""

BODY_SECONDS = 30
"""Seconds that a body may take to arrive."""


class HungUp(Exception):
    """The client has hung up in the middle of the body; no answer reaches it."""


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Return the body of a request; a body that announces a larger size is not read at all.

    :raises BodyTooLarge: when the body is larger, as soon as that shows.
    :raises BodyTooSlow: when it does not arrive in time.
    :raises HungUp: when the client hangs up before its end.
    """
    announced = dict(scope["headers"]).get(b"content-length", b"").decode("latin-1")
    if announced.isdecimal() and int(announced) > LARGEST_BODY:
        raise BodyTooLarge(LARGEST_BODY)
    body, has_more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while has_more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise HungUp
                body += message.get("body", b"")
                has_more = message.get("more_body", False)
                if len(body) > LARGEST_BODY:
                    raise BodyTooLarge(LARGEST_BODY)
    except TimeoutError:
        raise BodyTooSlow from None
    return bytes(body)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return an ASGI channel that delivers a body that was read, and then all later messages."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again
