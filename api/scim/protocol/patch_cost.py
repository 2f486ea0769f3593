"""How much work may one PATCH of a user cost? An estimate bounds it before it begins. Pure.

Operations and entries are small; but the library visits every entry for every operation, and
concurrent writes wait for that.
"""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidValueException, PatchOp, Resource

from api.scim.protocol.expression_bounds import SEPARATOR

MOST_EFFORT = 1_000_000
"""Visits of an entry, of about a microsecond each: a second in all."""

COMPARISON_COST = 100
"""The cost of comparing an entry, in visits: its value is validated each time."""


def check_effort(user: Resource[Any], patch: "PatchOp[Any]") -> None:
    """Check the effort of applying a PATCH to a user.

    :raises InvalidValueException: when the effort would be too large.
    """
    entries = sum(_entry_count(getattr(user, field)) for field in type(user).model_fields)
    effort = 0
    for operation in patch.operations or ():
        value = operation.value
        given = value.values() if isinstance(value, dict) else [value]
        entries += sum(map(_entry_count, given))
        effort += entries * sum(map(_cost_of, _paths(operation.path, value)))
        if effort > MOST_EFFORT:
            raise InvalidValueException(
                detail="The PATCH has too many operations, or too many comparisons in their paths,"
                " for the entries that the user has; send several with fewer"
            )


def _entry_count(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _paths(path: Any, value: Any) -> Iterator[str]:
    yield str(path or "")
    if isinstance(value, dict):
        yield from value


def _cost_of(path: str) -> int:
    return 1 + COMPARISON_COST * (1 + len(SEPARATOR.findall(path))) if "[" in path else 1
