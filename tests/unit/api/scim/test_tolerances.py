"""Does each row of the table of tolerances hold?"""

from typing import Any

import pytest
from scim2_models import InvalidFilterException

from api.scim.tolerances import (
    ENTERPRISE,
    MANAGER,
    NO_OPERATION,
    tolerate_filter,
    tolerate_patch,
    tolerate_resource,
)


def operations(*sent: dict[str, Any]) -> Any:
    """Return what becomes of the operations of a PATCH."""
    return tolerate_patch({"Operations": list(sent)})["Operations"]


@pytest.mark.parametrize("sent", ["m1", ["m1"], [{"value": "m1"}], {"value": "m1"}])
def test_a_manager_is_made_an_object(sent: Any) -> None:
    body = tolerate_resource({ENTERPRISE: {"Manager": sent, "division": "Looms"}})
    assert body == {ENTERPRISE: {"Manager": {"value": "m1"}, "division": "Looms"}}
    for path in ("manager", MANAGER):
        [operation] = operations({"op": "Add", "path": path, "value": sent})
        assert operation == {"op": "Add", "path": MANAGER, "value": {"value": "m1"}}
    [operation] = operations({"op": "replace", "value": {MANAGER: sent}})
    assert operation["value"] == {MANAGER: {"value": "m1"}}
    [operation] = operations({"op": "replace", "path": ENTERPRISE, "value": {"manager": sent}})
    assert operation["value"] == {"manager": {"value": "m1"}}


@pytest.mark.parametrize("sent", ["", [], {"value": ""}, None])
def test_an_empty_manager_is_removed(sent: Any) -> None:
    [operation] = operations({"op": "Replace", "path": MANAGER, "value": sent})
    assert operation == {"op": "remove", "path": MANAGER}
    assert tolerate_resource({ENTERPRISE: {"manager": sent}}) == {ENTERPRISE: {"manager": None}}


def test_a_password_is_thrown_away_wherever_it_is() -> None:
    assert operations({"op": "replace", "path": "Password", "value": "s3"}) == [NO_OPERATION]
    value = {
        "active": True,
        "password": "s3",
        "urn:ietf:params:scim:schemas:core:2.0:User:password": 1,
    }
    [operation] = operations({"op": "replace", "value": value})
    assert operation["value"] == {"active": True}


def test_members_are_removed_by_their_ids_alone() -> None:
    sent = [{"$ref": None, "value": "u1"}, "u2", {"value": "u3", "display": "x"}]
    [operation] = operations({"op": "Remove", "path": "members", "value": sent})
    assert operation["value"] == [{"value": "u1"}, {"value": "u2"}, {"value": "u3"}]
    [operation] = operations({"op": "Remove", "path": "members"})
    assert "value" not in operation


def test_json_text_is_read_where_there_is_no_path() -> None:
    [operation] = operations({"op": "replace", "value": '{"displayName": "x"}'})
    assert operation["value"] == {"displayName": "x"}
    for sent in (
        {"op": "replace", "value": "no json"},
        {"op": "add", "path": "title", "value": "{}"},
    ):
        assert operations(sent) == [sent]


def test_no_operation_at_all_is_one_that_does_nothing() -> None:
    assert operations() == [NO_OPERATION]


@pytest.mark.parametrize(
    "sent", [None, 1, "x", [], {"Operations": None}, {"Operations": [1, None]}]
)
def test_nonsense_is_left_to_the_validation(sent: Any) -> None:
    assert tolerate_patch(sent) == sent


def test_a_manager_in_a_filter_is_that_of_the_extension() -> None:
    assert tolerate_filter('id eq "u" and Manager eq "m"') == (
        f'id eq "u" and {MANAGER}.value eq "m"'
    )
    assert tolerate_filter("not (manager pr)") == f"not ({MANAGER} pr)"
    for text in ('userName eq "x"', f'{MANAGER}.value eq "m"', 'emails[value co "manager"]'):
        assert tolerate_filter(text) == text


def test_a_filter_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidFilterException):
        tolerate_filter('manager eq "')
