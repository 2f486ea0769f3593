"""How is an answer written that holds JSON which is ready already? Piece by piece.

A small answer is sent as a whole. A large one is sent as it is written, so that its size does not
count: a part of it may even be read from the database on the way.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from json import dumps
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse

AT_ONCE = 64 * 1024
"""Characters that are encoded and sent in one go."""

WHOLE = 4 * AT_ONCE
"""Characters of an answer that is sent as a whole, with its length."""


@dataclass(frozen=True, slots=True)
class ReadyJson:
    """A value that is written as it stands. It may be one of a resource's attributes."""

    text: str


@dataclass(frozen=True, slots=True)
class StreamedJson:
    """A value that is written as it comes: ``parts`` gives its text from beginning to end."""

    parts: Callable[[], AsyncIterator[str]]


def to_text(value: Any) -> str:
    """Return a value as JSON, as answers write it."""
    return dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def as_http(response: ScimResponse) -> Response:
    """Turn an answer of the service into one of HTTP."""
    if response.body is None:
        headers = {
            name: value for name, value in response.headers.items() if name != "Content-Type"
        }
        return Response(status_code=response.status, headers=headers)
    pieces = list(_pieces(response.body))
    length = sum(len(piece) if isinstance(piece, str) else WHOLE for piece in pieces)
    kind = Response if length < WHOLE else StreamingResponse
    content: Any = "".join(map(str, pieces)) if length < WHOLE else _encoded(pieces)
    return kind(content, response.status, response.headers, media_type=SCIM_MEDIA_TYPE)


def without_body(answer: Response) -> Response:
    """Return what HEAD answers with: what GET would, without the body (RFC 9110 section 9.3.2)."""
    head = Response(status_code=answer.status_code)
    head.raw_headers = answer.raw_headers
    return head


async def texts_of(value: Any) -> AsyncIterator[str]:
    """Give the text of a value as it is written."""
    async for text in _texts(list(_pieces(value))):
        yield text


async def _encoded(pieces: list[str | StreamedJson]) -> AsyncIterator[bytes]:
    """Give the pieces of an answer in portions; no piece is kept that was given."""
    waiting: list[str] = []
    length = 0
    async for text in _texts(pieces):
        waiting.append(text)
        length += len(text)
        if length >= AT_ONCE:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    yield "".join(waiting).encode()


async def _texts(pieces: list[str | StreamedJson]) -> AsyncIterator[str]:
    pieces.reverse()
    while pieces:
        match pieces.pop():
            case StreamedJson(parts=parts):
                async for part in parts():
                    yield part
            case text:
                yield text


def _pieces(value: Any) -> Iterator[str | StreamedJson]:
    match value:
        case ReadyJson(text=text):
            yield text
        case StreamedJson():
            yield value
        case {"Resources": list()}:
            yield from _object(value)
        case dict() if any(isinstance(it, ReadyJson | StreamedJson) for it in value.values()):
            yield from _object(value)
        case list():
            yield from _list(value)
        case _:
            yield to_text(value)


def _object(value: dict[str, Any]) -> Iterator[str | StreamedJson]:
    start = "{"
    for name, item in value.items():
        yield f"{start}{dumps(name)}:"
        yield from _pieces(item)
        start = ","
    yield "}"


def _list(value: list[Any]) -> Iterator[str | StreamedJson]:
    yield "["
    for number, item in enumerate(value):
        if number:
            yield ","
        yield from _pieces(item)
    yield "]"
