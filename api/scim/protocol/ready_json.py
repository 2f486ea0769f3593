"""How does ready JSON get into an answer? Answers are pieces, some of them written already. Pure.

The database or a fast path has written such a value, and the answer takes it unchanged.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from json import JSONEncoder, dumps
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadyJson:
    """A value as finished JSON text, for an answer or for an attribute in it."""

    text: str


@dataclass(frozen=True, slots=True)
class StreamedJson:
    """A value whose JSON text ``parts`` yields piece by piece while the answer is sent."""

    parts: Callable[[], AsyncIterator[str]]


Piece = str | StreamedJson
"""A part of an answer: a text, or a source of texts."""


ENCODER = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""The one encoder of all answers; ``json.dumps`` makes an encoder for each value."""


def to_text(value: Any) -> str:
    """Return a value as compact JSON, as in all answers."""
    return ENCODER.encode(value)


async def texts_of(value: Any) -> AsyncIterator[str]:
    """Yield the JSON text of a value in parts."""
    async for text in texts_in(list(pieces_of(value))):
        yield text


async def texts_in(pieces: list[Piece]) -> AsyncIterator[str]:
    """Yield the texts of pieces, and keep no piece that was yielded."""
    pieces.reverse()
    while pieces:
        match pieces.pop():
            case StreamedJson(parts=parts):
                async for part in parts():
                    yield part
            case text:
                yield text


def pieces_of(value: Any) -> Iterator[Piece]:
    """Yield the pieces of a value in their order."""
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


def _object(value: dict[str, Any]) -> Iterator[Piece]:
    start = "{"
    for name, item in value.items():
        yield f"{start}{dumps(name)}:"
        yield from pieces_of(item)
        start = ","
    yield "}"


def _list(value: list[Any]) -> Iterator[Piece]:
    yield "["
    for number, item in enumerate(value):
        if number:
            yield ","
        yield from pieces_of(item)
    yield "]"
