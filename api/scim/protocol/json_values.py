"""Which JSON is accepted? Bodies are decoded strictly, and checked before validation. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

import jiter
from scim2_models import InvalidSyntaxException, InvalidValueException, PayloadTooLargeException

from api.scim.protocol.limits import DEEPEST, MOST_GROUP_VALUES, MOST_NAMES
from api.scim.protocol.texts import check_text

DECODED_AT_ONCE = 64 * 1024
"""Bytes that are decoded at once, in a millisecond. In a larger body, the decoder gives way to
other requests after every object."""

MOST_BRACKETS = MOST_GROUP_VALUES // 4
"""Arrays and objects in a body, counted by their brackets, even those in texts: 100,000 members are
as many objects."""


def check_structure(body: bytes, most: int) -> None:
    """Check the number of values of a body, estimated by its commas and brackets, before decoding.

    :param most: the commas that the body may have.
    :raises PayloadTooLargeException: when there are too many commas or brackets.
    """
    commas = brackets = 0
    for start in range(0, len(body), DECODED_AT_ONCE):
        commas += body.count(b",", start, start + DECODED_AT_ONCE)
        brackets += sum(body.count(sign, start, start + DECODED_AT_ONCE) for sign in (b"[", b"{"))
        if commas > most or brackets > MOST_BRACKETS:
            raise PayloadTooLargeException(detail=f"The body holds more than {most} values")


def json_of(body: bytes) -> Any:
    """Return the JSON value of a body, read strictly: no NaN, no duplicate names, no surrogates.

    :raises InvalidSyntaxException: when the body is no such JSON.
    """
    try:
        if len(body) > DECODED_AT_ONCE:
            return json_in_steps(body)
        return jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except (ValueError, RecursionError) as error:
        reason = "it is empty" if not body.strip() else str(error)
        raise InvalidSyntaxException(detail=f"The body cannot be read as JSON: {reason}") from error


def json_in_steps(body: bytes) -> Any:
    """Return the JSON value of a body as jiter does, but give way to other threads meanwhile.

    jiter holds the interpreter from start to end, a tenth of a second for 100,000 members.
    """
    return json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_no_number)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object names one member twice")
    return members


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def check_value(value: Any, longest: int) -> None:
    """Check a value of a body, level by level.

    :param longest: the characters of the longest text.
    :raises InvalidValueException: when a text or number in it cannot be stored.
    :raises InvalidSyntaxException: when two names in one object differ only in case, or objects
        and arrays are nested too deep.
    """
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _checked(each, longest)]
        if not level:
            return
    raise InvalidSyntaxException(detail=f"The body nests more than {DEEPEST} objects and arrays")


def _checked(value: Any, longest: int) -> list[Any]:
    """Check one value, and return the values within it."""
    match value:
        case str():
            check_text(value, longest)
        case list():
            return value
        case dict():
            _check_names(value, longest)
            return [*value.values()]
        case float() if not math.isfinite(value):
            raise InvalidValueException(detail="A number is too large to be kept")
        case _:
            pass  # null, a boolean, another number
    return []


def _check_names(members: Mapping[str, Any], longest: int) -> None:
    """Check the names of an object, which are unique without regard to case (RFC 7643 2.1)."""
    if len(members) > MOST_NAMES:
        raise InvalidValueException(detail=f"An object has at most {MOST_NAMES} attributes")
    for name in members:
        check_text(name, longest)
    if len({name.lower() for name in members}) != len(members):
        raise InvalidSyntaxException(detail="An object names one attribute twice")


def value_of(body: Any, name: str) -> Any:
    """Return a member of a JSON object, whatever the case of its name; None if it is missing."""
    members = body.items() if isinstance(body, dict) else ()
    return next((value for key, value in members if key.lower() == name.lower()), None)


def operations_of(body: Any) -> list[Any]:
    """Return the operations of a PATCH or bulk request as sent; empty unless they are a list."""
    operations = value_of(body, "Operations")
    return operations if isinstance(operations, list) else []
