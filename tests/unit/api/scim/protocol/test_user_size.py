"""Is a user refused that is too large, or becomes so? And may one leave that was large before?"""

from typing import Any

import pytest
from scim2_models import InvalidValueException

from api.scim.protocol.limits import LONGEST_NAME
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.user_size import MOST_ENTRIES, check_document, check_growth, check_names
from api.scim.users.mapping import user_of
from api.scim.users.statements import StoredUser
from api.scim.users.states import first_state, next_state

MOST = 1_000
"""Characters of a user in these tests."""

LONG = "x" * (LONGEST_NAME + 1)


def entries(number: int) -> list[dict[str, str]]:
    return [{"value": "1"}] * number


@pytest.mark.parametrize(
    "document",
    [
        {"emails": entries(MOST_ENTRIES // 2), "roles": entries(MOST_ENTRIES // 2 + 1)},
        {"title": "x" * (MOST // 2), "name": {"formatted": "x" * (MOST // 2 + 1)}},
    ],
)
def test_what_is_too_large_in_all_is_refused(document: Any) -> None:
    with pytest.raises(InvalidValueException):
        check_document(document, MOST)
    with pytest.raises(InvalidValueException):
        check_growth(None, document, MOST)


def test_what_was_large_before_may_stay_so_and_not_grow() -> None:
    before = {"title": "x" * 2 * MOST, "emails": entries(2 * MOST_ENTRIES)}
    check_growth(before, before | {"active": False}, MOST)
    check_growth(before, before | {"emails": entries(2 * MOST_ENTRIES - 1)}, MOST)
    with pytest.raises(InvalidValueException):
        check_growth(before, before | {"nickName": "x"}, MOST)


@pytest.mark.parametrize(
    "attributes",
    [
        {"userName": LONG},
        {"externalId": LONG},
        {"emails": [{"value": LONG}]},
        {"roles": [{"value": "a"}, {"value": LONG}]},
    ],
)
def test_a_name_has_an_end_unless_it_was_there_before(attributes: Any) -> None:
    user = {"userName": "ada"} | attributes
    with pytest.raises(InvalidValueException, match=str(LONGEST_NAME)):
        check_names(user, None)
    with pytest.raises(InvalidValueException, match=str(LONGEST_NAME)):
        check_names(user, {"userName": "ada"})
    check_names(user, user)


def test_somebody_who_was_too_large_can_leave() -> None:
    large = ScimUser.model_validate(
        {"userName": LONG, "title": "x" * 2 * MOST, "roles": [{"value": LONG}]}
    )
    columns = first_state(ScimUser(user_name="ada"), MOST).columns
    assert columns["user_name_key"] == "ada"
    stored = StoredUser("acme", "1" * 32, large.model_dump_json(exclude_none=True), 1, 1, 1)
    state = next_state(user_of(stored).model_copy(update={"active": False}), stored, MOST)
    assert state is not None
    assert state.columns["resource"]["active"] is False
