"""How is an answer written that holds JSON which is ready already? Piece by piece."""

from collections.abc import Iterator
from dataclasses import dataclass
from json import dumps
from typing import Any

from fastapi.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class ReadyJson:
    """A value that is written as it stands. It may be one of a resource's attributes."""

    text: str


class ScimAnswer(JSONResponse):
    """An answer whose resource, or each of whose resources, may hold what is ready."""

    def render(self, content: Any) -> bytes:
        return "".join(_pieces(content)).encode()


def _pieces(value: Any) -> Iterator[str]:
    match value:
        case ReadyJson(text=text):
            yield text
        case {"Resources": list()}:
            yield from _object(value)
        case dict() if any(isinstance(item, ReadyJson) for item in value.values()):
            yield from _object(value)
        case list():
            yield from _list(value)
        case _:
            yield dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _object(value: dict[str, Any]) -> Iterator[str]:
    start = "{"
    for name, item in value.items():
        yield f"{start}{dumps(name)}:"
        yield from _pieces(item)
        start = ","
    yield "}"


def _list(value: list[Any]) -> Iterator[str]:
    yield "["
    for number, item in enumerate(value):
        if number:
            yield ","
        yield from _pieces(item)
    yield "]"
