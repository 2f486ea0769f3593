"""How long and how deep may filters and paths be? Checks bound them before parsing. Pure.

The cost of parsing grows faster than the length of an expression.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    PayloadTooLargeException,
)

from api.scim.protocol.json_values import operations_of, value_of
from api.scim.protocol.limits import Limits
from api.scim.protocol.texts import fault_of

LONGEST_EXPRESSION = 16_384
"""Characters of a filter or of a PATCH path; a look-up of a few hundred ids still fits."""

LONGEST_PATHS, PATH_AT_LEAST = 8 * LONGEST_EXPRESSION, 32
"""Characters of all paths of one PATCH, keys of its values included, and the least number that each
path counts for: the removal of a thousand members takes three quarters of the total."""

MOST_NAMES_ASKED = 200
"""Attributes that a request names, at a tenth of a millisecond each; the schemas have a hundred."""

LONGEST_NAMES = 8_192
"""Characters of the attributes that a request names; the schemas' attributes take half of that."""

MOST_TERMS_IN_A_PATH = 250
"""Comparisons in a path, counted by their separators."""

LONGEST_CONDITION = 500
"""Characters of If-Match and its like: a dozen entity tags fit, and clients send one."""

LITERAL = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text in an expression, or the rest of an expression whose last text does not end: every quote
then begins or ends a match, and one pass finds all of them."""

SEPARATOR = re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE)
"""A logical operator between comparisons."""


def check_filter(text: str) -> None:
    """Check a filter before it is parsed.

    :raises InvalidFilterException: when it is too long, or holds a text that cannot be stored.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise InvalidFilterException(detail=f"A filter has at most {LONGEST_EXPRESSION} characters")
    if fault := _fault_in(text):
        raise InvalidFilterException(detail=f"A filter holds {fault}")


def check_operations(operations: Sequence[Any], limits: Limits) -> None:
    """Check the operations of a PATCH before their paths are parsed.

    :raises InvalidValueException: when there are too many.
    :raises InvalidPathException: when a path is too long, or holds a text that cannot be stored.
    """
    if len(operations) > limits.patch_operations:
        raise InvalidValueException(
            detail=f"A PATCH has at most {limits.patch_operations} operations; send several"
        )
    characters = 0
    for operation in operations:
        path = value_of(operation, "path")
        paths = [path, *_keys(value_of(operation, "value"))]
        for each in paths:
            if isinstance(each, str):
                characters += PATH_AT_LEAST + len(each)
                _check_path(each)
    if characters > LONGEST_PATHS:
        raise InvalidPathException(
            detail=f"The paths of a PATCH have at most {LONGEST_PATHS} characters; send several"
        )


def check_names(parameters: Any) -> None:
    """Check the attributes that a request names, to show them or to sort by them.

    :raises InvalidValueException: when there are too many.
    """
    for parameter in ("attributes", "excludedAttributes", "sortBy"):
        named = value_of(parameters, parameter)
        texts = named if isinstance(named, list) else [named]
        characters = sum(1 + len(text) for text in texts if isinstance(text, str))
        names = len(texts) + sum(text.count(",") for text in texts if isinstance(text, str))
        if characters > LONGEST_NAMES or names > MOST_NAMES_ASKED:
            raise InvalidValueException(
                detail=f"{parameter} has at most {LONGEST_NAMES} characters"
                f" and {MOST_NAMES_ASKED} names"
            )


def check_condition(name: str, value: str | None) -> None:
    """Check the entity tags of a request before they are parsed.

    :param name: the header or attribute that holds them, for the error.
    :raises InvalidValueException: when they are too long.
    """
    if value is not None and len(value) > LONGEST_CONDITION:
        raise InvalidValueException(detail=f"{name} has at most {LONGEST_CONDITION} characters")


def check_bulk(operations: Sequence[Any], limits: Limits) -> None:
    """Check the operations of a bulk request before any of them is processed.

    :raises PayloadTooLargeException: when there are too many (RFC 7644 section 3.7.4).
    :raises SCIMException: when one of them is a PATCH that :func:`check_operations` refuses.
    """
    if len(operations) > limits.bulk_operations:
        raise PayloadTooLargeException(
            detail=f"A bulk request has at most {limits.bulk_operations} operations (maxOperations)"
        )
    for operation in operations:
        check_operations(operations_of(value_of(operation, "data")), limits)
        version = value_of(operation, "version")
        check_condition("version", version if isinstance(version, str) else None)


def _keys(value: Any) -> Iterator[str]:
    """Yield the keys of an object, and of objects within it, which are read as paths."""
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
    if fault := _fault_in(path):
        raise InvalidPathException(detail=f"A path holds {fault}")


def _fault_in(expression: str) -> str | None:
    """Return the fault in the characters of an expression or of a text in it; None without one."""
    if fault := fault_of(expression):
        return fault
    faults = (_fault_of_literal(match.group()) for match in LITERAL.finditer(expression))
    return next(filter(None, faults), None)


def _fault_of_literal(literal: str) -> str | None:
    if "\\" not in literal:
        return None  # without escapes, the check of the expression covers it
    try:
        return fault_of(json.loads(literal))
    except ValueError:
        return None  # the parser reports a malformed literal
