"""Which calls does Entra ID make for people, in its older and its newer form?"""

import json
from typing import Any

import pytest

from tests.drivers.in_process import USER, Ingress
from tests.identity_providers.answers import page_of, resource_of, with_members

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MARKER = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/User"
LEO = "leo@kiln.test"

on_sqlite = pytest.mark.parametrize("api", ["sqlite"], indirect=True)
"""Marks tests of the forms in which a change is written, which a database never sees."""


@pytest.fixture
def entra(ingress: Ingress) -> Ingress:
    """Talk as Entra ID does."""
    kind = "application/scim+json; charset=utf-8"
    ingress.http.headers.update({"Accept": "application/scim+json", "Content-Type": kind})
    return ingress


async def patched(entra: Ingress, id_: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """Send a PATCH and read the person afterwards."""
    answer = await entra.patch(f"/Users/{id_}", *operations)
    assert answer.status_code in {200, 204}, answer.text
    return resource_of(await entra.send("GET", f"/Users/{id_}"))


def create_body(**changes: Any) -> dict[str, Any]:
    """Return what is sent for a new person."""
    return {
        "schemas": [USER, ENTERPRISE, MARKER],
        "externalId": "leo-1",
        "userName": LEO,
        "active": True,
        "displayName": "Leo Tarn",
        "emails": [{"primary": True, "type": "work", "value": LEO}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "Leo Tarn", "familyName": "Tarn", "givenName": "Leo"},
    } | changes


async def test_the_connection_is_tested_with_look_ups_of_nobody(entra: Ingress) -> None:
    nobody = "7c1a3f0e-5f3a-4a55-9d0e-0a6b3a1f7d11"
    for look_up in (
        f'/Users?filter=userName eq "{nobody}"',
        f'/Users?filter=externalId eq "{nobody}"',
        f'/Users?filter=emails[type eq "work"].value eq "{nobody}"',
        f'/Groups?excludedAttributes=members&filter=displayName eq "{nobody}"',
    ):
        page = page_of(await entra.send("GET", look_up))
        assert (page["totalResults"], page.get("Resources", [])) == (0, [])


async def test_people_are_matched_by_external_id(entra: Ingress) -> None:
    leo = await entra.user(LEO, externalId="Leo-1")
    assert await entra.found("/Users", 'externalId eq "Leo-1"') == [leo]
    assert await entra.found("/Users", 'externalId eq "leo-1"') == [], "compared with case"


async def test_attributes_and_schemas_that_nobody_knows_are_left_out(entra: Ingress) -> None:
    strange = {"department": "Glazes", "mailNickname": "leo", "extensionAttribute1": "x"}
    user = resource_of(await entra.send("POST", "/Users", create_body(**strange)), 201)
    assert not strange.keys() & user.keys()
    assert MARKER not in user["schemas"]
    assert user["displayName"] == "Leo Tarn"


@pytest.mark.parametrize(
    ("off", "on"),
    [
        ({"op": "Replace", "path": "active", "value": "False"},
         {"op": "Replace", "path": "active", "value": "True"}),
        ({"op": "replace", "path": "active", "value": "false"},
         {"op": "Add", "path": "active", "value": "true"}),
        ({"op": "replace", "value": {"active": False}},
         {"op": "replace", "value": {"active": True}}),
    ],
)  # fmt: skip
async def test_people_are_switched_off_and_on(
    entra: Ingress, off: dict[str, Any], on: dict[str, Any]
) -> None:
    leo = await entra.user(LEO, active=True)
    assert (await patched(entra, leo, off))["active"] is False
    (listed,) = page_of(await entra.send("GET", f'/Users?filter=userName eq "{LEO}"'))["Resources"]
    assert (listed["id"], listed["active"]) == (leo, False)
    assert (await patched(entra, leo, on))["active"] is True


@on_sqlite
async def test_operations_have_capitals_and_names_of_their_own(entra: Ingress) -> None:
    leo = await entra.user(LEO, displayName="Leo", title="Thrower")
    found = await patched(
        entra,
        leo,
        {"name": "setName", "op": "Replace", "path": "displayName", "value": "Leo T"},
        {"name": "addNick", "op": "Add", "path": "nickName", "value": "L"},
        {"op": "Remove", "path": "title"},
    )
    assert (found["displayName"], found["nickName"]) == ("Leo T", "L")
    assert "title" not in found


@on_sqlite
async def test_operations_apply_in_their_order(entra: Ingress) -> None:
    leo = await entra.user(LEO, externalId="one")
    found = await patched(
        entra,
        leo,
        {"op": "Remove", "path": "externalId"},
        {"op": "Add", "path": "externalId", "value": "two"},
        {"op": "Replace", "path": "externalId", "value": "three"},
        {"op": "Add", "path": "title", "value": "Thrower"},
    )
    assert (found["externalId"], found["title"]) == ("three", "Thrower")


@on_sqlite
async def test_flat_keys_reach_what_they_name(entra: Ingress) -> None:
    leo = await entra.user(LEO, name={"givenName": "Leo", "familyName": "Tarn", "middleName": "Q"})
    flat = {
        "displayName": "Leopold",
        "name.givenName": "Leopold",
        "name.familyName": "Tarn-Beck",
        f"{ENTERPRISE}:employeeNumber": "K-1",
        f"{ENTERPRISE}:department": "Glazes",
    }
    found = await patched(entra, leo, {"op": "replace", "value": flat})
    assert found["name"] == {"givenName": "Leopold", "familyName": "Tarn-Beck", "middleName": "Q"}
    assert found[ENTERPRISE] == {"employeeNumber": "K-1", "department": "Glazes"}
    assert "name.givenName" not in found


@on_sqlite
async def test_parts_of_a_name_change_alone(entra: Ingress) -> None:
    leo = await entra.user(LEO, name={"givenName": "Leo", "familyName": "Tarn"})
    for operation, family in (
        ({"op": "Replace", "path": "name.familyName", "value": "Beck"}, "Beck"),
        ({"op": "Replace", "path": "name", "value": {"familyName": "Fell"}}, "Fell"),
    ):
        found = await patched(entra, leo, operation)
        assert found["name"] == {"givenName": "Leo", "familyName": family}


# --- entries that are named by a filter -------------------------------------------------------


@pytest.mark.parametrize("op", ["Add", "Replace"])
@on_sqlite
async def test_an_entry_that_is_not_there_is_made(entra: Ingress, op: str) -> None:
    leo = await entra.user(LEO)
    path = 'emails[type eq "work"].value'
    found = await patched(entra, leo, {"op": op, "path": path, "value": "leo.t@kiln.test"})
    assert found["emails"] == [{"type": "work", "value": "leo.t@kiln.test"}]


@on_sqlite
async def test_an_entry_that_is_made_leaves_the_others(entra: Ingress) -> None:
    home = {"type": "home", "value": "leo@home.test"}
    leo = await entra.user(LEO, emails=[home])
    path = 'emails[type eq "work"].value'
    found = await patched(entra, leo, {"op": "Add", "path": path, "value": LEO})
    assert found["emails"] == [home, {"type": "work", "value": LEO}]


@on_sqlite
async def test_an_entry_that_is_there_is_changed(entra: Ingress) -> None:
    home = {"type": "home", "value": "leo@home.test"}
    leo = await entra.user(LEO, emails=[{"type": "work", "value": LEO, "primary": True}, home])
    path = 'emails[type eq "work"].value'
    found = await patched(entra, leo, {"op": "Replace", "path": path, "value": "new@kiln.test"})
    assert found["emails"] == [{"type": "work", "value": "new@kiln.test", "primary": True}, home]


@on_sqlite
async def test_an_entry_is_removed_by_its_type(entra: Ingress) -> None:
    home = {"type": "home", "value": "leo@home.test"}
    leo = await entra.user(LEO, emails=[{"type": "work", "value": LEO}, home])
    found = await patched(entra, leo, {"op": "Remove", "path": 'emails[type eq "work"]'})
    assert found["emails"] == [home]


@on_sqlite
async def test_an_address_is_built_of_several_paths(entra: Ingress) -> None:
    leo = await entra.user(LEO, addresses=[{"type": "home", "locality": "Dale"}])
    parts = {
        "streetAddress": "2 Kiln Lane",
        "locality": "Firby",
        "postalCode": "F1",
        "country": "GB",
    }
    operations = [
        {"op": "Add", "path": f'addresses[type eq "work"].{name}', "value": value}
        for name, value in parts.items()
    ]
    numbers = [
        {"op": "Add", "path": f'phoneNumbers[type eq "{kind}"].value', "value": f"555-{kind}"}
        for kind in ("mobile", "work")
    ]
    found = await patched(entra, leo, *operations, *numbers)
    assert found["addresses"] == [{"type": "home", "locality": "Dale"}, {"type": "work", **parts}]
    assert [each["type"] for each in found["phoneNumbers"]] == ["mobile", "work"]


@on_sqlite
async def test_a_role_is_primary_by_a_string(entra: Ingress) -> None:
    role = {"primary": "True", "type": "AppRole", "value": "Admin", "display": "Admin"}
    user = resource_of(await entra.send("POST", "/Users", create_body(roles=[role])), 201)
    assert user["roles"] == [role | {"primary": True}]
    operations = [
        {"op": "Replace", "path": f'roles[primary eq "True"].{name}', "value": "Viewer"}
        for name in ("value", "display")
    ]
    (changed,) = (await patched(entra, user["id"], *operations))["roles"]
    assert (changed["value"], changed["display"], changed["primary"]) == ("Viewer", "Viewer", True)


# --- managers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("op", ["Add", "Replace"])
@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager", "manager"])
@pytest.mark.parametrize("form", ["{}", '{{"value": "{}"}}', '[{{"$ref": "x", "value": "{}"}}]'])
@on_sqlite
async def test_a_manager_comes_in_every_form_and_is_shown_as_an_object(
    entra: Ingress, op: str, path: str, form: str
) -> None:
    boss, leo = await entra.user("boss@kiln.test"), await entra.user(LEO)
    text = form.format(boss)
    value: Any = text if form == "{}" else json.loads(text)
    found = await patched(entra, leo, {"op": op, "path": path, "value": value})
    assert found[ENTERPRISE]["manager"]["value"] == boss
    reference = f'id eq "{leo}" and manager eq "{boss}"'
    (shown,) = page_of(await entra.send("GET", f"/Users?filter={reference}&attributes=id"))[
        "Resources"
    ]
    assert shown["id"] == leo
    assert "userName" not in shown


@pytest.mark.parametrize("nobody", ["", {"value": ""}])
@on_sqlite
async def test_a_manager_is_cleared(entra: Ingress, nobody: Any) -> None:
    extension = {ENTERPRISE: {"manager": "boss-1"}}
    user = resource_of(await entra.send("POST", "/Users", create_body(**extension)), 201)
    assert user[ENTERPRISE]["manager"] == {"value": "boss-1"}
    path = f"{ENTERPRISE}:manager"
    found = await patched(entra, user["id"], {"op": "replace", "path": path, "value": nobody})
    assert not found.get(ENTERPRISE, {}).get("manager")


@on_sqlite
async def test_a_manager_is_there_from_the_start(entra: Ingress) -> None:
    extension = {ENTERPRISE: {"manager": {"value": "boss-1"}}}
    user = resource_of(await entra.send("POST", "/Users", create_body(**extension)), 201)
    assert user[ENTERPRISE]["manager"] == {"value": "boss-1"}


# --- leaving ----------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
async def test_a_soft_deletion_renames_without_touching_the_person(
    entra: Ingress, together: bool
) -> None:
    leo = await entra.user(LEO, emails=[{"type": "work", "value": LEO, "primary": True}])
    renamed = f"{'0a' * 16}{LEO}"
    rename = {"op": "Replace", "path": "userName", "value": renamed}
    leave = {"op": "Replace", "path": "active", "value": "False"}
    if together:
        await patched(entra, leo, rename, leave)
    else:
        await patched(entra, leo, leave)
        await patched(entra, leo, rename)
    identity = await entra.identity(leo)
    assert (identity["profile"]["user_name"], identity["profile"]["email"]) == (LEO, LEO)
    left = identity["deactivated_at"]
    assert await entra.found("/Users", f'userName eq "{renamed}"') == [leo]
    assert (await entra.send("DELETE", f"/Users/{leo}")).status_code == 204
    deleted = await entra.identity(leo)
    assert (deleted["deleted"], deleted["deactivated_at"]) == (True, left)


async def test_discovery_lists_what_the_validator_reads(entra: Ingress) -> None:
    schemas = page_of(await entra.send("GET", "/Schemas"))["Resources"]
    by_id = {schema["id"]: schema for schema in schemas}
    assert {USER, ENTERPRISE, "urn:ietf:params:scim:schemas:core:2.0:Group"} <= by_id.keys()
    assert with_members(by_id[USER]["attributes"], name="userName", required=True)
    assert not with_members(by_id[USER]["attributes"], name="password")
    assert len(page_of(await entra.send("GET", "/ResourceTypes"))["Resources"]) == 2
