"""What does a user become? A pure function checks the new model and makes its columns."""

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
    """The new state of a user: its model, and the columns of its row."""

    user: ScimUser
    columns: dict[str, Any]


Decide = Callable[[StoredUser], UserState | None]
"""Returns the new state of a stored user, or None if the user does not change.

The function runs under the lock on the user's row; a costly one runs before, and its result counts
if the locked row has the same revision. An error that it raises is the outcome of the write."""


def first_state(user: ScimUser, most_characters: int) -> UserState:
    """Return the state of a new user; a user without an ``active`` attribute is active.

    :param most_characters: the characters of all values that a user may have.
    :raises InvalidValueException: when the user is too large.
    """
    user = user.model_copy(update={"active": user.active is not False})
    check_names(user, None)
    columns = user_columns(user)
    check_growth(None, columns["resource"], most_characters)
    return UserState(user, columns)


def next_state(user: ScimUser, stored: StoredUser, most_characters: int) -> UserState | None:
    """Return the state of a changed user; None if it equals the stored state.

    :param most_characters: the characters of all values that a user may grow to.
    :raises InvalidValueException: when the user becomes too large.
    """
    columns = user_columns(user)
    before = from_json(stored.resource)
    if columns["resource"] == before:
        return None
    check_names(user, user_of(stored))
    check_growth(before, columns["resource"], most_characters)
    return UserState(user, columns)
