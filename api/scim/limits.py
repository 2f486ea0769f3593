"""How large may a request be, and what may it not hold? Checked before anything is parsed.

Parsing an expression costs more than in proportion to its length, and requests share a process.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException

LONGEST_EXPRESSION = 16_384
"""Characters of a filter or of a PATCH path; a look-up of a few hundred ids still fits."""

MOST_TERMS_IN_A_PATH = 250
"""Comparisons, counted by their separators."""

MOST_OPERATIONS = 1_000
"""Operations of one PATCH; providers send up to a hundred."""

NUL = "\x00"
"""A character that PostgreSQL cannot keep."""

SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which no encoding can keep."""

LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
SEPARATOR = re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE)


def check_filter(text: str) -> None:
    """Check a filter before it is parsed.

    :raises InvalidFilterException: when it is too long, or compares with what cannot be stored.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise InvalidFilterException(detail=f"A filter has at most {LONGEST_EXPRESSION} characters")
    if _has_unstorable_literal(text):
        raise InvalidFilterException(detail="A filter compares with an invalid character")


def check_operations(operations: Iterable[Any]) -> None:
    """Check the operations of a PATCH before their paths are parsed.

    :raises InvalidValueException: when there are too many.
    :raises InvalidPathException: when a path is too long, or names what cannot be stored.
    """
    for number, operation in enumerate(operations, start=1):
        if number > MOST_OPERATIONS:
            raise InvalidValueException(detail=f"A PATCH has at most {MOST_OPERATIONS} operations")
        path = operation.get("path") if isinstance(operation, Mapping) else None
        if isinstance(path, str):
            _check_path(path)


def check_value(value: Any) -> None:
    """Check a value of a body, whatever its depth.

    :raises InvalidValueException: when a text in it cannot be stored.
    """
    if _holds_nul(value):
        raise InvalidValueException(detail="A value holds a NUL character")


def _check_path(path: str) -> None:
    terms = len(SEPARATOR.findall(path))
    if len(path) > LONGEST_EXPRESSION or terms > MOST_TERMS_IN_A_PATH:
        raise InvalidPathException(
            detail=f"A path has at most {LONGEST_EXPRESSION} characters"
            f" and {MOST_TERMS_IN_A_PATH} terms"
        )
    if _has_unstorable_literal(path):
        raise InvalidPathException(detail="A path compares with an invalid character")


def _has_unstorable_literal(text: str) -> bool:
    return any(_is_unstorable(match.group()) for match in LITERAL.finditer(text))


def _is_unstorable(literal: str) -> bool:
    try:
        value = json.loads(literal)
    except ValueError:
        return False  # no literal at all: the parser says so
    return NUL in value or SURROGATES.search(value) is not None


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return NUL in value
        case list():
            return any(_holds_nul(item) for item in value)
        case Mapping():
            return any(_holds_nul(item) for pair in value.items() for item in pair)
        case _:
            return False
