"""Does a form mean the same for a target, whatever the operation? Form, attribute, operation.

Requests are read and applied as the api does, without a database.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from scim2_models import Meta, SCIMException
from scim2_server.conditions import Conditions

from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.protocol.tolerances import ENTERPRISE, MANAGER
from tests.drivers.in_process import PATCH, USER

PROVIDER = scim_provider(Limits())
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="s" * 32)
USERS = PROVIDER.resource_types[0]

BEFORE: Mapping[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "userName": "ada",
    "title": "Weaver",
    "active": True,
    "name": {"givenName": "Ada"},
    "emails": [{"value": "ada@acme.test", "type": "work"}],
    "roles": [{"value": "Viewers"}],
    ENTERPRISE: {"department": "Looms", "manager": {"value": "m1"}},
}
GROUPS = [{"value": "g1", "$ref": "Groups/g1", "display": "Weavers"}]


def changed(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user after an operation of a PATCH.

    :raises SCIMException: when it is refused.
    """
    body = json.dumps({"schemas": [PATCH], "Operations": [operation]}).encode()
    user = ScimUser.model_validate({**BEFORE, "id": "u1", "groups": GROUPS})
    user.meta = Meta(resource_type="User", version='W/"1"')
    with PROVIDER:
        patch = SERVICE.read_patch(USERS, body, "application/scim+json")
        SERVICE.apply_patch(user, patch, Conditions())
    return user.model_dump()


def created(**attributes: Any) -> dict[str, Any]:
    """Return a user that is created, or put, with some attributes."""
    body = json.dumps({"schemas": [USER], "userName": "ada", **attributes}).encode()
    with PROVIDER:
        read = SERVICE.read_creation(USERS, body, "application/scim+json")
        put = SERVICE.read_replacement(USERS, body, "application/scim+json")
    assert read.model_dump() == put.model_dump()
    return read.model_dump()


def in_bulk(data: Mapping[str, Any], method: str, path: str) -> Any:
    """Return the data of an operation of a bulk request as it was read."""
    operation = {"method": method, "path": path, "bulkId": "b", "data": data}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    body = json.dumps({"schemas": schemas, "Operations": [operation]}).encode()
    with PROVIDER:
        plan = SERVICE.read_bulk(body, "application/scim+json")
    [step] = plan
    return plan.operation(step).data


def of(user: Mapping[str, Any], path: str) -> Any:
    """Return what a user has under a path; None where it has nothing."""
    extended = path.startswith(ENTERPRISE)
    holder = user.get(ENTERPRISE, {}) if extended else user
    found = holder.get(path.removeprefix(f"{ENTERPRISE}:"))
    return found or (None if found != False else found)  # noqa: E712 - "" and [] are nothing


NAME = {"givenName": "Ida"}
EMAIL = {"value": "ida@acme.test", "type": "home"}

FORMS: list[tuple[str, Any, list[Any]]] = [
    # attribute, what it becomes, in which forms
    ("active", False, [False, "False", "false", [False], ["False"], [{"value": False}]]),
    ("title", "Dyer", ["Dyer", ["Dyer"], [{"$ref": None, "value": "Dyer"}], {"value": "Dyer"}]),
    ("name", NAME, [NAME, [NAME], json.dumps(NAME), [json.dumps(NAME)], {"givenName": ["Ida"]}]),
    ("emails", [EMAIL], [EMAIL, [EMAIL], json.dumps(EMAIL), json.dumps([EMAIL]),
                         [json.dumps(EMAIL)], [EMAIL, ""]]),
    ("roles", [{"value": "Editors"}], [
        {"value": "Editors"}, [{"value": "Editors"}], '[{"value": "Editors"}]',
        [{"value": '{"id": "1b7c", "value": "Editors"}'}], [{"value": ["Editors"]}],
    ]),
    (f"{ENTERPRISE}:department", "Dyes", ["Dyes", ["Dyes"]]),
    (MANAGER, {"value": "m2"}, [
        "m2", ["m2"], {"value": "m2"}, [{"value": "m2"}], '{"value": "m2"}', [{"value": ["m2"]}],
        {"value": "m2", "displayName": "Mae"},
    ]),
    ("active", None, [None, "", [], " ", [""], [None]]),
    ("title", None, [None, "", [], [""], [None]]),
    ("name", None, [None, "", [], [""]]),
    ("emails", None, [None, "", [""]]),
    (ENTERPRISE, None, [None, "", []]),
    (MANAGER, None, [None, "", [], [""], {"value": ""}, {"value": None}]),
]  # fmt: skip

CASES = [
    pytest.param(name, meant, form, id=f"{name.rpartition(':')[2]}: {meant!r} as {form!r}")
    for name, meant, forms in FORMS
    for form in forms
]


@pytest.mark.parametrize(("name", "meant", "form"), CASES)
@pytest.mark.parametrize("op", ["add", "replace", "Add", "Replace"])
def test_a_form_means_the_same_in_every_operation(
    name: str, meant: Any, form: Any, op: str
) -> None:
    with_path = changed({"op": op, "path": name, "value": form})
    without = changed({"op": op, "value": {name: form}})
    if op.lower() == "add" and name in {"emails", "roles"}:
        if form == [""]:
            assert with_path == without == {**with_path, name: BEFORE[name]}, "nothing is added"
            return
        meant = [*BEFORE[name], *meant] if meant else None
    assert (of(with_path, name), of(without, name)) == (meant, meant)


@pytest.mark.parametrize(("name", "meant", "form"), CASES)
def test_a_form_means_the_same_in_a_body(name: str, meant: Any, form: Any) -> None:
    attributes = {name: form}
    if name.startswith(f"{ENTERPRISE}:"):
        attributes = {ENTERPRISE: {name.removeprefix(f"{ENTERPRISE}:"): form}}
    assert of(created(**attributes), name) == meant
    for method, path in (("POST", "/Users"), ("PUT", "/Users/u1")):
        data = in_bulk({"schemas": [USER], "userName": "ada", **attributes}, method, path)
        assert of(data.model_dump(), name) == meant


@pytest.mark.parametrize("name", ["active", "title", "name", "emails", "roles", MANAGER])
@pytest.mark.parametrize("form", ["", None, "absent"])
def test_a_removal_is_one_whatever_it_says_beside(name: str, form: Any) -> None:
    operation = {"op": "Remove", "path": name} | ({} if form == "absent" else {"value": form})
    assert of(changed(operation), name) is None


@pytest.mark.parametrize(
    "told", ["ada@acme.test", ["ada@acme.test"], BEFORE["emails"], json.dumps(BEFORE["emails"])]
)
def test_entries_are_removed_by_what_is_told_of_them(told: Any) -> None:
    assert of(changed({"op": "remove", "path": "emails", "value": told}), "emails") is None
    other = {"op": "remove", "path": "emails", "value": [{"value": "eve@acme.test"}]}
    assert of(changed(other), "emails") == BEFORE["emails"]


APP_ROLE = '{"id": "1b7c", "value": "Editors", "displayName": "The editors"}'


def test_an_app_role_is_a_role_with_a_name() -> None:
    named = {"value": "Editors", "display": "The editors"}
    [_, added] = changed({"op": "Add", "path": "roles", "value": [{"value": APP_ROLE}]})["roles"]
    assert added == named
    assert created(roles=[{"value": APP_ROLE, "type": "x"}])["roles"] == [named | {"type": "x"}]
    path = 'roles[primary eq "True"].value'
    [_, made] = changed({"op": "Replace", "path": path, "value": APP_ROLE})["roles"]
    assert made == {"value": "Editors", "primary": True}, "where there is only place for a value"
    viewers = json.dumps(APP_ROLE.replace("Editors", "Viewers"))
    assert "roles" not in changed({"op": "Remove", "path": f"roles[value eq {viewers}]"})
    told = [{"value": '{"value": "Viewers"}'}]
    assert "roles" not in changed({"op": "Remove", "path": "roles", "value": told})
    assert created(title=APP_ROLE)["title"] == APP_ROLE, "a text stays a text"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("active", "perhaps"), ("active", [True, False]), ("active", {"state": True}),
        ("title", ["a", "b"]), ("title", {"label": "x"}), ("title", 7),
        ("name", "Ada Moor"), ("name", [NAME, NAME]), ("name", "{not json"),
        ("emails", "ida@acme.test"), ("emails", ["ida@acme.test"]), ("emails", [None]),
        ("emails", 7), (MANAGER, 7), (MANAGER, ["m1", "m2"]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(name: str, form: Any) -> None:
    for op in ("add", "replace"):
        for operation in ({"path": name, "value": form}, {"value": {name: form}}):
            with pytest.raises(SCIMException) as refused:
                changed({"op": op, **operation})
            assert refused.value.scim_type == "invalidValue"


# --- what is derived ---------------------------------------------------------------------------


def test_copies_of_what_is_derived_are_no_part_of_a_body() -> None:
    shown = {"id": "u1", "meta": {"version": 1}, "groups": "Weavers"}
    assert created(**shown) == created()
    for op in ("add", "replace"):
        value = {
            **shown,
            "title": "Dyer",
            ENTERPRISE: {"manager": {"value": "m1", "displayName": 1}},
        }
        after = changed({"op": op, "value": value})
        assert after["title"] == "Dyer"
        assert (after["groups"], after[ENTERPRISE]) == (GROUPS, BEFORE[ENTERPRISE])


def test_an_id_may_be_repeated_and_not_changed() -> None:
    for op in ("add", "replace"):
        for operation in ({"path": "id", "value": "u1"}, {"value": {"Id": "u1"}}):
            assert changed({"op": op, **operation}) == changed({"op": op, "value": {}})
        for operation in ({"path": "id", "value": "u2"}, {"value": {"id": "u2"}}):
            with pytest.raises(SCIMException) as refused:
                changed({"op": op, **operation})
            assert refused.value.scim_type == "mutability"


@pytest.mark.parametrize("schemas", [[USER.upper()], [ENTERPRISE, USER], USER, None, []])
def test_schemas_are_known_in_any_case_and_order(schemas: Any) -> None:
    assert created(schemas=schemas)["schemas"][0] in {USER, ENTERPRISE}
