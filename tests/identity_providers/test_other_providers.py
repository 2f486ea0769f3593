"""Which calls do the smaller providers make, each in its own way?"""

from typing import Any

import pytest

from tests.drivers.in_process import GROUP, USER, Ingress
from tests.identity_providers.answers import error_of, page_of, resource_of, with_members

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MAX = "max@rope.test"

pytestmark = pytest.mark.parametrize("api", ["sqlite"], indirect=True)
"""Their requests differ from those of Okta and Entra ID in form, which a database never sees."""


def person(**changes: Any) -> dict[str, Any]:
    """Return a person as most providers send one."""
    return {
        "schemas": [USER],
        "userName": MAX,
        "name": {"givenName": "Max", "familyName": "Lay"},
        "emails": [{"value": MAX, "type": "work", "primary": True}],
        "active": True,
    } | changes


async def created(ingress: Ingress, **changes: Any) -> dict[str, Any]:
    """Create a person."""
    return resource_of(await ingress.send("POST", "/Users", person(**changes)), 201)


# --- authentik ----------------------------------------------------------------------------------


async def test_authentik_reads_the_capabilities_first(ingress: Ingress) -> None:
    config = resource_of(await ingress.send("GET", "/ServiceProviderConfig"))
    for capability in ("patch", "bulk", "filter", "changePassword", "sort", "etag"):
        assert type(config[capability]["supported"]) is bool
    assert type(config["bulk"]["maxOperations"]) is int
    assert type(config["bulk"]["maxPayloadSize"]) is int
    assert type(config["filter"]["maxResults"]) is int
    assert isinstance(config["authenticationSchemes"], list)


async def test_authentik_adopts_whoever_is_there_already(ingress: Ingress) -> None:
    max_ = await ingress.user(MAX)
    sent = person(photos=[], locale="en", externalId="ak-1")
    error_of(await ingress.send("POST", "/Users", sent), 409, "uniqueness")
    assert await ingress.found("/Users", f'userName eq "{MAX}"') == [max_]
    adopted = resource_of(await ingress.send("PUT", f"/Users/{max_}", sent | {"id": max_}))
    assert adopted["externalId"] == "ak-1"


async def test_authentik_keeps_people_by_put_and_deletes_them(ingress: Ingress) -> None:
    email = {"value": MAX, "type": "other", "primary": True}
    user = await created(ingress, emails=[email], photos=[])
    path = f"/Users/{user['id']}"
    for change in ({"displayName": "Max L"}, {"active": False}):
        sent = person(id=user["id"], emails=[email], photos=[]) | change
        answer = resource_of(await ingress.send("PUT", path, sent))
        assert {name: answer[name] for name in change} == change
        assert with_members(answer["emails"], **email)
    assert (await ingress.send("DELETE", path)).status_code == 204


async def test_authentik_once_sent_filters_without_quotes(ingress: Ingress) -> None:
    error_of(await ingress.send("GET", "/Users?filter=userName eq max"), 400, "invalidFilter")


# --- Google -------------------------------------------------------------------------------------


async def test_google_maps_the_attributes_of_the_schemas(ingress: Ingress) -> None:
    assert (await ingress.send("GET", "/ServiceProviderConfig")).status_code == 200
    assert page_of(await ingress.send("GET", "/ResourceTypes"))["Resources"]
    for schema in page_of(await ingress.send("GET", "/Schemas"))["Resources"]:
        assert isinstance(schema["id"], str)
        assert isinstance(schema["attributes"], list)


async def test_google_suspends_restores_and_deletes(ingress: Ingress) -> None:
    extension = {ENTERPRISE: {"department": "Rigging"}}
    user = await created(ingress, schemas=[USER, ENTERPRISE], **extension)
    path = f"/Users/{user['id']}"
    for active in (False, True):
        await ingress.patch(path, {"op": "replace", "path": "active", "value": active})
        assert resource_of(await ingress.send("GET", path))["active"] is active
    suspended = {name: user[name] for name in ("schemas", "userName", "name")} | {"active": False}
    assert resource_of(await ingress.send("PUT", path, suspended))["active"] is False
    assert (await ingress.send("DELETE", path)).status_code == 204
    assert await ingress.found("/Users", f'userName eq "{MAX}"') == []


# --- JumpCloud ----------------------------------------------------------------------------------


async def test_jumpcloud_names_members_by_value_and_by_path(ingress: Ingress) -> None:
    first, second = [await ingress.user(name) for name in ("max", "ned")]
    group = await ingress.group("Riggers")
    for operation, left in (
        ({"op": "add", "path": "members", "value": [{"value": first}]}, [first]),
        ({"op": "add", "path": "members", "value": [{"value": second}]}, [first, second]),
        ({"op": "remove", "path": "members", "value": [{"value": first}]}, [second]),
        ({"op": "remove", "path": f'members[value eq "{second}"]'}, []),
    ):
        assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
        assert await ingress.members(group) == sorted(left)


async def test_jumpcloud_takes_over_a_group_of_the_name(ingress: Ingress) -> None:
    group = await ingress.group("Riggers")
    assert await ingress.found("/Groups", 'displayName eq "Riggers"') == [group]
    rename = {"op": "replace", "path": "displayName", "value": "Splicers"}
    assert (await ingress.patch(f"/Groups/{group}", rename)).status_code in {200, 204}
    assert await ingress.found("/Groups", 'displayName eq "Splicers"') == [group]


async def test_jumpcloud_sends_an_operation_for_each_attribute(ingress: Ingress) -> None:
    user = await created(ingress)
    changes = {
        "name.givenName": "Maxim",
        "name.familyName": "Lay-Rope",
        "displayName": "M",
        "active": False,
    }
    operations = [
        {"op": "replace", "path": path, "value": value} for path, value in changes.items()
    ]
    await ingress.patch(f"/Users/{user['id']}", *operations)
    found = resource_of(await ingress.send("GET", f"/Users/{user['id']}"))
    assert found["name"] == {"givenName": "Maxim", "familyName": "Lay-Rope"}
    assert (found["displayName"], found["active"]) == ("M", False)


# --- Keycloak -----------------------------------------------------------------------------------


async def test_keycloak_clients_send_json_as_text(ingress: Ingress) -> None:
    group = await ingress.group("Riggers")
    text = f'{{"schemas": ["{GROUP}"], "displayName": "Splicers"}}'
    answer = await ingress.patch(f"/Groups/{group}", {"op": "replace", "value": text})
    assert answer.status_code in {200, 204}
    assert await ingress.found("/Groups", 'displayName eq "Splicers"') == [group]


async def test_keycloak_keeps_people_and_groups_by_put(ingress: Ingress) -> None:
    user = await created(ingress, externalId="kc-1")
    renamed = {"givenName": "Maxim", "familyName": "Lay"}
    sent = person(id=user["id"], externalId="kc-1", name=renamed)
    answer = resource_of(await ingress.send("PUT", f"/Users/{user['id']}", sent))
    assert answer["name"] == renamed
    member = {"value": user["id"], "$ref": f"Users/{user['id']}"}
    body: dict[str, Any] = {"schemas": [GROUP], "displayName": "Riggers", "externalId": "kc-2"}
    made = await ingress.send("POST", "/Groups", body | {"members": [member]})
    group = resource_of(made, 201)["id"]
    assert await ingress.members(group) == [user["id"]]
    emptied = body | {"id": group, "members": []}
    assert (await ingress.send("PUT", f"/Groups/{group}", emptied)).status_code == 200
    assert await ingress.members(group) == []
    for path in (f"/Groups/{group}", f"/Users/{user['id']}"):
        assert (await ingress.send("DELETE", path)).status_code == 204


# --- OneLogin -----------------------------------------------------------------------------------


@pytest.fixture
def onelogin(ingress: Ingress) -> Ingress:
    """Talk as OneLogin does: it has no name."""
    ingress.http.headers["User-Agent"] = ""
    return ingress


async def test_onelogin_looks_for_somebody_who_is_not_there(onelogin: Ingress) -> None:
    page = page_of(await onelogin.send("GET", '/Users?filter=userName eq "no-such-person"'))
    assert page["totalResults"] == 0


async def test_onelogin_lists_fills_and_empties_groups(onelogin: Ingress) -> None:
    assert page_of(await onelogin.send("GET", "/Groups"))["totalResults"] == 0
    max_ = await onelogin.user(MAX)
    group = await onelogin.group("Riggers")
    for operation, left in (
        ({"op": "add", "path": "members", "value": [{"value": max_}]}, [max_]),
        ({"op": "replace", "path": "members", "value": []}, []),
    ):
        await onelogin.patch(f"/Groups/{group}", operation)
        assert await onelogin.members(group) == left


async def test_onelogin_once_sent_one_email_without_a_list(onelogin: Ingress) -> None:
    sent = person(emails={"value": MAX, "primary": True})
    user = resource_of(await onelogin.send("POST", "/Users", sent), 201)
    assert user["emails"] == [{"value": MAX, "primary": True}]


# --- Ping ---------------------------------------------------------------------------------------


async def test_ping_writes_filters_in_any_case(ingress: Ingress) -> None:
    max_ = await ingress.user(MAX, emails=[{"type": "work", "value": MAX}])
    for matching in (f'username Eq "{MAX}"', 'emails.value Co "max@rope"'):
        assert await ingress.found("/Users", matching) == [max_]
    assert await ingress.found("/Users", 'USERNAME EQ "max@nowhere.test"') == []


async def test_ping_puts_disables_and_deletes(ingress: Ingress) -> None:
    user = await created(ingress)
    path = f"/Users/{user['id']}"
    sent = {"schemas": [USER], "userName": MAX, "name": {"givenName": "Maxim"}, "active": False}
    answer = resource_of(await ingress.send("PUT", path, sent))
    assert (answer["id"], answer["active"]) == (user["id"], False)
    assert answer["name"] == {"givenName": "Maxim"}
    assert (await ingress.send("DELETE", path)).status_code == 204
    error_of(await ingress.send("GET", path), 404)


async def test_ping_patches_with_dotted_keys(ingress: Ingress) -> None:
    user = await created(ingress)
    await ingress.patch(
        f"/Users/{user['id']}", {"op": "replace", "value": {"name.givenName": "Maxim"}}
    )
    found = resource_of(await ingress.send("GET", f"/Users/{user['id']}"))
    assert found["name"] == {"givenName": "Maxim", "familyName": "Lay"}
    assert "name.givenName" not in found


# --- Rippling -----------------------------------------------------------------------------------


async def test_rippling_repeats_a_creation_and_finds_whom_it_made(ingress: Ingress) -> None:
    user = await created(ingress)
    error_of(await ingress.send("POST", "/Users", person()), 409, "uniqueness")
    assert await ingress.found("/Users", f'userName eq "{MAX}"') == [user["id"]]


async def test_rippling_changes_the_primary_address(ingress: Ingress) -> None:
    home = {"value": "max@home.test", "type": "home"}
    user = await created(ingress, emails=[{"value": MAX, "type": "work", "primary": True}, home])
    operation = {"op": "replace", "path": "emails[primary eq true].value", "value": "m@rope.test"}
    await ingress.patch(f"/Users/{user['id']}", operation)
    found = resource_of(await ingress.send("GET", f"/Users/{user['id']}"))
    assert found["emails"] == [{"value": "m@rope.test", "type": "work", "primary": True}, home]
