"""How does JSON that is ready already get into an answer? An answer is written in pieces. Pure.

A value that the database or a fast path has written is a piece as it stands.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from json import dumps
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadyJson:
    """A value that is written as it stands. It may be one of a resource's attributes."""

    text: str


@dataclass(frozen=True, slots=True)
class StreamedJson:
    """A value that is written as it comes: ``parts`` gives its text from beginning to end."""

    parts: Callable[[], AsyncIterator[str]]


Piece = str | StreamedJson
"""A part of an answer: its text, or what gives it."""


def to_text(value: Any) -> str:
    """Return a value as JSON, as answers write it."""
    return dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


async def texts_of(value: Any) -> AsyncIterator[str]:
    """Give the text of a value as it is written."""
    async for text in texts_in(list(pieces_of(value))):
        yield text


async def texts_in(pieces: list[Piece]) -> AsyncIterator[str]:
    """Give the text of pieces, none of which is kept that was given."""
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
