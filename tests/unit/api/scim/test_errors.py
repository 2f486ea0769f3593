"""Is an answer that may be better the next time told from one that never will be?"""

import pytest
from asyncpg.exceptions import DeadlockDetectedError, SerializationError, UndefinedTableError
from sqlalchemy.exc import DBAPIError

from api.scim.errors import DirectoryAway, TryAgainLater, as_scim


@pytest.mark.parametrize("cause", [SerializationError, DeadlockDetectedError])
def test_who_lost_against_others_to_the_last_try_may_try_again(cause: type[Exception]) -> None:
    error = as_scim(DBAPIError("UPDATE", {}, cause("lost")))
    assert isinstance(error, TryAgainLater)
    assert not isinstance(error, DirectoryAway), "what comes with it in a bulk request goes on"


def test_what_is_wrong_with_us_stays_an_unknown_error() -> None:
    error = DBAPIError("UPDATE", {}, UndefinedTableError("users"))
    assert as_scim(error) is error
