"""How large may a request be, and what may it not hold? Checked before anything is stored.

Parsing an expression costs more than in proportion to its length, and requests share a process.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
)

from api.scim.payloads import operations_of, value_of


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. The settings say how much, the discovery announces it."""

    body_bytes: int = 16 * 1024 * 1024
    """A group of 100,000 members is pushed in about half of that."""

    body_seconds: float = 30
    """What sending a body may take; providers give up after a minute themselves."""

    page_size: int = 200
    """Resources in one answer; importers ask for 100."""

    cursor_seconds: int = 3600
    """How long the next page may be asked for."""

    bulk_operations: int = 1_000
    bulk_bytes: int = 1024 * 1024
    """Both are those of the example in RFC 7643 section 8.5."""

    patch_operations: int = 1_000
    """Operations of one PATCH; providers send up to a hundred."""

    value_characters: int = 64 * 1024
    """Characters of one value: certificates and pictures in a data URI fit, files do not."""


LONGEST_EXPRESSION = 16_384
"""Characters of a filter or of a PATCH path; a look-up of a few hundred ids still fits."""

LONGEST_PATHS, PATH_AT_LEAST = 8 * LONGEST_EXPRESSION, 32
"""Characters of all paths of one PATCH, keys of its values included, and what each counts for at
least: a thousand members are removed in three quarters of that."""

LONGEST_NAMES = 8_192
"""Characters of the attributes that a request names: all of ours take half of that."""

MOST_TERMS_IN_A_PATH = 250
"""Comparisons, counted by their separators."""

MOST_ENTRIES, LARGEST_USER = 1_000, 1_000_000
"""Entries of one attribute of a user, and characters of all of them: a page holds many users."""

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
    if NUL in text or _has_unstorable_literal(text):
        raise InvalidFilterException(detail="A filter compares with an invalid character")


def check_operations(operations: Sequence[Any], limits: Limits) -> None:
    """Check the operations of a PATCH before their paths are parsed.

    :raises InvalidValueException: when there are too many.
    :raises InvalidPathException: when a path is too long, or names what cannot be stored.
    """
    if len(operations) > limits.patch_operations:
        raise InvalidValueException(
            detail=f"A PATCH has at most {limits.patch_operations} operations; send several"
        )
    characters = 0
    for operation in operations:
        path = value_of(operation, "path")
        if isinstance(path, str):
            _check_path(path)
        paths = [path, *_keys(value_of(operation, "value"))]
        characters += sum(PATH_AT_LEAST + len(each) for each in paths if isinstance(each, str))
    if characters > LONGEST_PATHS:
        raise InvalidPathException(
            detail=f"The paths of a PATCH have at most {LONGEST_PATHS} characters; send several"
        )


def check_names(parameters: Any) -> None:
    """Check the attributes that a request names, to be shown or sorted by.

    :raises InvalidValueException: when there are too many.
    """
    for parameter in ("attributes", "excludedAttributes", "sortBy"):
        named = value_of(parameters, parameter)
        texts = named if isinstance(named, list) else [named]
        characters = sum(1 + len(text) for text in texts if isinstance(text, str))
        if characters > LONGEST_NAMES:
            raise InvalidValueException(
                detail=f"{parameter} has at most {LONGEST_NAMES} characters"
            )


def check_bulk(operations: Sequence[Any], limits: Limits) -> None:
    """Check the operations of a bulk request before any of them is looked at.

    :raises PayloadTooLargeException: when there are too many (RFC 7644 section 3.7.4).
    :raises SCIMException: when one of them is a PATCH that :func:`check_operations` refuses.
    """
    if len(operations) > limits.bulk_operations:
        raise PayloadTooLargeException(
            detail=f"A bulk request has at most {limits.bulk_operations} operations (maxOperations)"
        )
    for operation in operations:
        check_operations(operations_of(value_of(operation, "data")), limits)


def check_value(value: Any, longest: int) -> None:
    """Check a value of a body, whatever its depth.

    :param longest: the most characters that a text in it may have.
    :raises InvalidValueException: when a text or number in it cannot be stored.
    :raises InvalidSyntaxException: when two names in one object differ only in case.
    """
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                _check_text(text, longest)
            case list() as items:
                left.extend(items)
            case dict() as members:
                _check_names(members)
                left.extend(members)
                left.extend(members.values())
            case float() as number if not math.isfinite(number):
                raise InvalidValueException(detail="A number is too large to be kept")
            case _:
                pass  # null, a boolean, another number


def check_user(document: Any) -> None:
    """Check how large a user is, or would become.

    :raises InvalidValueException: when it has more than a person can have.
    """
    characters = 0
    left = [document]
    while left:
        match left.pop():
            case str() as text:
                characters += len(text)
            case list() as entries:
                if len(entries) > MOST_ENTRIES:
                    raise InvalidValueException(
                        detail=f"An attribute of a user has at most {MOST_ENTRIES} entries"
                    )
                left.extend(entries)
            case dict() as members:
                left.extend(members.values())
            case _:
                pass  # what has no size
    if characters > LARGEST_USER:
        raise InvalidValueException(detail=f"A user has at most {LARGEST_USER} characters in all")


def _check_text(text: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidValueException(detail=f"A value has at most {longest} characters")
    if NUL in text:
        raise InvalidValueException(detail="A value holds a NUL character")


def _check_names(members: Mapping[str, Any]) -> None:
    """Refuse what could mean two things: names are compared without case (RFC 7643 2.1)."""
    if len({name.lower() for name in members}) != len(members):
        raise InvalidSyntaxException(detail="An object names one attribute twice")


def _keys(value: Any) -> Iterator[str]:
    """Yield the keys that will be taken for paths: those of an object, and of objects in it."""
    left = [value]
    while left:
        members = left.pop()
        if isinstance(members, dict):
            yield from members
            left.extend(members.values())


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
