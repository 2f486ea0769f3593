"""Which texts may be kept and compared? Those of a bounded length, made of real characters. Pure.

Each check takes time in proportion to the length of the text, and comes before anything that does
not: normalisation, matching, storing.
"""

import re

from scim2_models import InvalidValueException

from contracts.names import MOST_MARKS, is_stream_safe

NUL = "\x00"
"""A character that PostgreSQL cannot keep."""

SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no encoding can keep."""

TOO_MANY_MARKS = f"more than {MOST_MARKS} combining marks in a row"


def check_text(text: str, longest: int) -> None:
    """Check a text of a body.

    :raises InvalidValueException: when it is too long, or cannot be kept.
    """
    if len(text) > longest:
        raise InvalidValueException(detail=f"A value has at most {longest} characters")
    if fault := fault_of(text):
        raise InvalidValueException(detail=f"A value holds {fault}")


def fault_of(text: str) -> str | None:
    """Return what is wrong with the characters of a text, in words; None where nothing is."""
    if NUL in text:
        return "a NUL character"
    if text.isascii():
        return None
    if SURROGATES.search(text):
        return "half a character"
    return None if is_stream_safe(text) else TOO_MANY_MARKS
