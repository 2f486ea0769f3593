"""Do the flows of Entra ID's public validator pass? It writes mapped attributes and reads back."""

from typing import Any

import pytest

from tests.drivers.in_process import PATCH, USER, Ingress
from tests.identity_providers.answers import page_of, resource_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UPDATE = "upd-1f2e3d4c"

PLAIN = (
    "displayName", "title", "preferredLanguage", "nickName", "profileUrl", "userType", "locale",
    "timezone", "externalId", "name.givenName", "name.familyName", "name.formatted",
    "name.middleName", "name.honorificPrefix", "name.honorificSuffix",
    *(f"{ENTERPRISE}:{name}" for name in
      ("employeeNumber", "department", "costCenter", "organization", "division")),
)  # fmt: skip
"""Mapped attributes of one value."""

FILTERED = (
    'emails[type eq "work"].value', 'phoneNumbers[type eq "work"].value',
    'phoneNumbers[type eq "mobile"].value', 'phoneNumbers[type eq "fax"].value',
    *(f'addresses[type eq "work"].{name}' for name in
      ("formatted", "streetAddress", "locality", "region", "postalCode", "country")),
    *(f'roles[primary eq "True"].{name}' for name in ("display", "value", "type")),
)  # fmt: skip
"""Mapped attributes of the entry that a filter names."""

FLAGS = ("active", 'emails[type eq "work"].primary', 'addresses[type eq "work"].primary')


def one_by_one(op: str, value: Any) -> list[dict[str, Any]]:
    """Return an operation for each mapped attribute."""
    return [{"op": op, "path": path, "value": value} for path in PLAIN + FILTERED]


def at_once(value: Any) -> list[dict[str, Any]]:
    """Return the newer form: what has a filter by path, the rest as keys of one value."""
    filtered = [{"op": "replace", "path": path, "value": value} for path in FILTERED]
    return [*filtered, {"op": "replace", "value": dict.fromkeys(PLAIN, value)}]


def read(user: dict[str, Any], path: str) -> Any:
    """Return what a person shows at a mapped attribute."""
    schema, _, name = path.rpartition(":")
    host = user.get(schema, {}) if schema else user
    if "[" in name:
        attribute, _, rest = name.partition("[")
        kind = rest.split('"')[1]
        entries = host.get(attribute, [])
        chosen = [
            entry for entry in entries if kind in {entry.get("type"), str(entry.get("primary"))}
        ]
        return chosen[0].get(rest.rpartition(".")[2]) if chosen else None
    for part in name.split("."):
        host = host.get(part) if isinstance(host, dict) else None
    return host


async def sent(ingress: Ingress, id_: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Send the operations and read the person afterwards."""
    answer = await ingress.patch(f"/Users/{id_}", *operations)
    assert answer.status_code in {200, 204}, answer.text
    return resource_of(await ingress.send("GET", f"/Users/{id_}"))


async def test_every_attribute_is_added_to_a_bare_person(ingress: Ingress) -> None:
    leo = await ingress.user("leo@kiln.test")
    flags = [{"op": "Add", "path": path, "value": True} for path in FLAGS]
    found = await sent(ingress, leo, [*one_by_one("Add", "Kiln"), *flags])
    assert {path: read(found, path) for path in PLAIN + FILTERED} == dict.fromkeys(
        PLAIN + FILTERED, "Kiln"
    ) | {'roles[primary eq "True"].type': "Kiln"}
    lengths = {name: len(found[name]) for name in ("emails", "phoneNumbers", "addresses", "roles")}
    assert lengths == {"emails": 1, "phoneNumbers": 3, "addresses": 1, "roles": 1}
    assert (found["roles"][0]["primary"], found["emails"][0]["primary"]) == (True, True)


@pytest.mark.parametrize("operations", [one_by_one("Replace", UPDATE), at_once(UPDATE)])
async def test_a_text_in_every_attribute_comes_back(
    ingress: Ingress, operations: list[dict[str, Any]]
) -> None:
    leo = await ingress.user("leo@kiln.test")
    found = await sent(ingress, leo, operations)
    assert {path: read(found, path) for path in PLAIN} == dict.fromkeys(PLAIN, UPDATE)
    assert read(found, 'emails[type eq "work"].value') == UPDATE


@pytest.mark.parametrize("form", ["one by one", "at once"])
async def test_every_attribute_is_emptied_and_emptied_again(ingress: Ingress, form: str) -> None:
    leo = await ingress.user("leo@kiln.test")
    await sent(ingress, leo, one_by_one("Add", "Kiln"))
    for nothing in ("", None):
        operations = one_by_one("Replace", nothing) if form == "one by one" else at_once(nothing)
        operations += [{"op": "Replace", "path": path, "value": nothing} for path in FLAGS]
        found = await sent(ingress, leo, operations)
        shown = {path: read(found, path) for path in PLAIN + FILTERED}
        assert {path: value for path, value in shown.items() if value} == {}, nothing
        assert found["userName"] == "leo@kiln.test"
        assert (await ingress.identity(leo))["active"], "to say nothing is not to leave"


async def test_no_operations_change_nothing(ingress: Ingress) -> None:
    leo = await ingress.user("leo@kiln.test")
    body = {"schemas": [PATCH], "Operations": []}
    assert (await ingress.send("PATCH", f"/Users/{leo}", body)).status_code in {200, 204}


@pytest.mark.parametrize("kind", ["Users", "Groups"])
async def test_eleven_are_read_in_pages_of_five(ingress: Ingress, kind: str) -> None:
    for number in range(11):
        await (ingress.user(f"u{number}") if kind == "Users" else ingress.group(f"g{number}"))
    seen: list[str] = []
    for start, length in ((1, 5), (6, 5), (11, 1)):
        page = page_of(await ingress.send("GET", f"/{kind}?startIndex={start}&count=5"))
        assert (page["startIndex"], page["totalResults"]) == (start, 11)
        assert len(page["Resources"]) == length
        seen += [each["id"] for each in page["Resources"]]
    assert len(set(seen)) == 11


async def test_people_are_made_again_and_again_with_the_marker_schema(ingress: Ingress) -> None:
    body = {"schemas": [USER, "urn:kiln:unknown:1.0"], "userName": "leo@kiln.test"}
    user = resource_of(await ingress.send("POST", "/Users", body), 201)
    assert (await ingress.send("POST", "/Users", body)).status_code == 409
    assert (await ingress.send("DELETE", f"/Users/{user['id']}")).status_code == 204
    assert (await ingress.send("POST", "/Users", body)).status_code == 201
