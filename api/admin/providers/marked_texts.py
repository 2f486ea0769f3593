"""Which words of a guide stand out? Labels on a provider's pages and typed texts do. Pure."""

import re
from collections.abc import Iterator
from enum import StrEnum

MARKED = re.compile(r"\*\*(?P<label>.+?)\*\*|`(?P<typed>.+?)`")


class Mark(StrEnum):
    """The meaning of a piece of text: plain words, a label on a page, or text to be typed."""

    PLAIN = "plain"
    LABEL = "label"
    TYPED = "typed"


def pieces_of(text: str) -> Iterator[tuple[Mark, str]]:
    """Yield the pieces of a text in their order, without their asterisks and backticks."""
    end = 0
    for found in MARKED.finditer(text):
        if found.start() > end:
            yield Mark.PLAIN, text[end : found.start()]
        mark = Mark.LABEL if found["label"] else Mark.TYPED
        yield mark, found[mark]
        end = found.end()
    if end < len(text):
        yield Mark.PLAIN, text[end:]


def plain(text: str) -> str:
    """Return a text without the asterisks and backticks that mark its pieces."""
    return "".join(words for _, words in pieces_of(text))
