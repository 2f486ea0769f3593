"""How is an answer sent? A small answer goes out as a whole, a large one piece by piece.

A large answer is encoded while it is sent, so that it takes little memory: parts of it may even be
read from the database on the way.
"""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse

from api.scim.protocol.ready_json import Piece, ReadyJson, pieces_of, texts_in

PORTION = 64 * 1024
"""Characters that are encoded and sent at once."""

LARGEST_WHOLE = 4 * PORTION
"""Characters of the largest answer that is sent as a whole, with its length."""


def as_http(response: ScimResponse) -> Response:
    """Return the HTTP response for an answer of the SCIM service."""
    if response.body is None:
        headers = {
            name: value for name, value in response.headers.items() if name != "Content-Type"
        }
        return Response(status_code=response.status, headers=headers)
    body: Any = response.body
    if isinstance(body, ReadyJson) and len(body.text) < LARGEST_WHOLE:
        return Response(body.text, response.status, response.headers, media_type=SCIM_MEDIA_TYPE)
    pieces = list(pieces_of(body))
    length = sum(len(piece) if isinstance(piece, str) else LARGEST_WHOLE for piece in pieces)
    kind = Response if length < LARGEST_WHOLE else StreamingResponse
    content: Any = "".join(map(str, pieces)) if length < LARGEST_WHOLE else _encoded(pieces)
    return kind(content, response.status, response.headers, media_type=SCIM_MEDIA_TYPE)


def without_body(answer: Response) -> Response:
    """Return the answer to HEAD: that to GET, without its body (RFC 9110 section 9.3.2)."""
    head = Response(status_code=answer.status_code)
    head.raw_headers = answer.raw_headers
    return head


async def _encoded(pieces: list[Piece]) -> AsyncIterator[bytes]:
    """Yield the pieces of an answer in encoded portions, and keep no piece that was sent."""
    waiting: list[str] = []
    length = 0
    async for text in texts_in(pieces):
        waiting.append(text)
        length += len(text)
        if length >= PORTION:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    yield "".join(waiting).encode()
