"""What does a user become? Its model, checked, with what is stored of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from api.scim.protocol.resources import ScimUser
from api.scim.protocol.user_size import check_growth, check_names
from api.scim.users.mapping import user_columns, user_of
from api.scim.users.statements import StoredUser


@dataclass(frozen=True, slots=True)
class UserState:
    """A user as it is to be, and the columns of its row that say so."""

    user: ScimUser
    columns: dict[str, Any]


Decide = Callable[[StoredUser], UserState | None]
"""Gives the new state of a stored user, or None where it stays as it is. What it raises is what
becomes of the write. It may be asked again, of a newer state."""


def first_state(user: ScimUser, most_characters: int) -> UserState:
    """Return the state of a new user. One that does not say whether it is active is.

    :raises InvalidValueException: when it is larger than a user may be.
    """
    user = user.model_copy(update={"active": user.active is not False})
    check_names(user, None)
    columns = user_columns(user)
    check_growth(None, columns["resource"], most_characters)
    return UserState(user, columns)


def next_state(user: ScimUser, stored: StoredUser, most_characters: int) -> UserState | None:
    """Return the state of a user that was changed; None where that changes nothing.

    :raises InvalidValueException: when it becomes larger than a user may be.
    """
    columns = user_columns(user)
    before = from_json(stored.resource)
    if columns["resource"] == before:
        return None
    check_names(user, user_of(stored))
    check_growth(before, columns["resource"], most_characters)
    return UserState(user, columns)
