"""Which texts may be stored? They have a bounded length, and characters that databases take. Pure.

Each check takes time in proportion to the length of the text, and precedes the steps that do not:
normalisation, matching, storing.
"""

import re

from scim2_models import InvalidValueException

from contracts.names import MOST_MARKS, is_stream_safe

NUL = "\x00"
"""A character that PostgreSQL cannot store."""

SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which UTF-8 cannot encode."""

TOO_MANY_MARKS = f"more than {MOST_MARKS} combining marks in a row"


def check_text(text: str, longest: int) -> None:
    """Check a text of a body.

    :raises InvalidValueException: when it is too long, or cannot be stored.
    """
    if len(text) > longest:
        raise InvalidValueException(detail=f"A value has at most {longest} characters")
    if fault := fault_of(text):
        raise InvalidValueException(detail=f"A value holds {fault}")


def fault_of(text: str) -> str | None:
    """Return the fault in the characters of a text, in words; None where there is no fault."""
    if NUL in text:
        return "a NUL character"
    if text.isascii():
        return None
    if SURROGATES.search(text):
        return "half a character"
    return None if is_stream_safe(text) else TOO_MANY_MARKS
