"""What does a body say? JSON that means one thing, looked into before it is validated. Pure."""

from typing import Any

import jiter
from scim2_models import InvalidSyntaxException


def json_of(body: bytes) -> Any:
    """Return the JSON value of a body, read strictly: no NaN, no name twice, no half characters.

    :raises InvalidSyntaxException: when it is none.
    """
    try:
        return jiter.from_json(body, allow_inf_nan=False, catch_duplicate_keys=True)
    except ValueError as error:
        reason = "it is empty" if not body.strip() else str(error)
        raise InvalidSyntaxException(detail=f"The body cannot be read as JSON: {reason}") from error


def value_of(body: Any, name: str) -> Any:
    """Return a member of a JSON object, whatever the case of its name; None where there is none."""
    members = body.items() if isinstance(body, dict) else ()
    return next((value for key, value in members if key.lower() == name.lower()), None)


def operations_of(body: Any) -> list[Any]:
    """Return the operations of a PATCH or of a bulk request as they were sent, if there are any."""
    operations = value_of(body, "Operations")
    return operations if isinstance(operations, list) else []
