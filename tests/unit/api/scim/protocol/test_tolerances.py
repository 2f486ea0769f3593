"""Does each row of the table of tolerances hold?"""

from typing import Any

import pytest
from scim2_models import InvalidFilterException, InvalidValueException

from api.scim.protocol.tolerances import (
    ENTERPRISE,
    MANAGER,
    NO_OPERATION,
    tolerate_bulk,
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


def test_schemas_that_nobody_knows_are_left_out() -> None:
    user = "urn:ietf:params:scim:schemas:core:2.0:User"
    sent = {"schemas": [user, ENTERPRISE.upper(), "urn:mill:custom:1.0"], "userName": "ada"}
    assert tolerate_resource(sent) == {"schemas": [user, ENTERPRISE], "userName": "ada"}
    assert tolerate_resource({"schemas": user}) == {"schemas": [user]}


def test_an_only_entry_is_made_a_list() -> None:
    entry = {"value": "ada@acme.test"}
    assert tolerate_resource({"emails": entry, "name": entry}) == {"emails": [entry], "name": entry}
    assert tolerate_resource({"X509Certificates": entry}) == {"X509Certificates": [entry]}
    assert tolerate_resource({"emails": "x"}) == {"emails": "x"}, "left to the validation"


def test_an_empty_boolean_is_taken_away() -> None:
    for path in ("active", 'Emails[type eq "work"].Primary'):
        assert operations({"op": "Replace", "path": path, "value": ""}) == [
            {"op": "remove", "path": path}
        ]
    [operation] = operations({"op": "replace", "value": {"active": "", "title": ""}})
    assert operation["value"] == {"active": None, "title": ""}


def test_json_text_is_read_as_strictly_as_a_body() -> None:
    for text in ('{"title": NaN}', '{"title": 1, "title": 2}'):
        sent = {"op": "replace", "value": text}
        assert operations(sent) == [sent], "left to the validation"
    with pytest.raises(InvalidValueException):
        operations({"op": "replace", "value": '{"title": "\\u0000"}'})


def test_operations_of_a_bulk_request_are_tolerated_like_requests() -> None:
    patch = {"Operations": [{"op": "Add", "path": "manager", "value": "m1"}]}
    sent = [
        {"Method": "patch", "path": "/Users/1", "data": patch},
        {"method": "POST", "path": "/Users", "data": {ENTERPRISE: {"manager": "m1"}}},
        {"method": "DELETE", "path": "/Users/1"},
        "nonsense",
    ]
    bulk = tolerate_bulk({"failOnErrors": 1, "operations": sent})
    first, second, *others = bulk["operations"]
    assert first["data"]["Operations"][0]["value"] == {"value": "m1"}
    assert second["data"] == {ENTERPRISE: {"manager": {"value": "m1"}}}
    assert others == sent[2:]
    assert tolerate_bulk([]) == []
    assert tolerate_bulk({"Operations": 1}) == {"Operations": 1}
