"""Which calls does Okta make for people, and does each get the answer that it reads?"""

from typing import Any

import pytest

from tests.drivers.in_process import USER, Ingress
from tests.identity_providers.answers import error_of, page_of, resource_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CUSTOM = "urn:okta:mill_app_1:1.0:user:custom"
IVY = "ivy@mill.test"


@pytest.fixture
def okta(ingress: Ingress) -> Ingress:
    """Talk as Okta does."""
    ingress.http.headers.update(
        {
            "Accept": "application/scim+json",
            "Accept-Charset": "utf-8",
            "Content-Type": "application/scim+json; charset=utf-8",
            "User-Agent": "Okta SCIM Client 1.0.0",
        }
    )
    return ingress


def assignment(user_name: str = IVY, **changes: Any) -> dict[str, Any]:
    """Return what is sent for a person who gets the app."""
    return {
        "schemas": [USER],
        "userName": user_name,
        "name": {"givenName": "Ivy", "familyName": "Reel"},
        "emails": [{"primary": True, "value": user_name, "type": "work"}],
        "displayName": "Ivy Reel",
        "locale": "en-US",
        "externalId": "00umill1",
        "groups": [],
        "password": "t7-Spool",
        "active": True,
    } | changes


async def created(okta: Ingress, **changes: Any) -> dict[str, Any]:
    """Assign a person."""
    return resource_of(await okta.send("POST", "/Users", assignment(**changes)), 201)


async def test_a_look_up_of_nobody_finds_an_empty_list(okta: Ingress) -> None:
    for query in (
        f'filter=userName eq "{IVY}"&startIndex=1&count=100',
        "filter=userName+eq+%22ivy%40mill.test%22&startIndex=1&count=100",
    ):
        page = page_of(await okta.send("GET", f"/Users?{query}"))
        assert (page["totalResults"], page.get("Resources", [])) == (0, [])


async def test_a_look_up_does_not_care_about_case(okta: Ingress) -> None:
    user = await created(okta)
    page = page_of(await okta.send("GET", f'/Users?filter=userName eq "{IVY.upper()}"'))
    assert [each["id"] for each in page["Resources"]] == [user["id"]]
    assert page["Resources"][0]["userName"] == IVY


@pytest.mark.parametrize("id_", ["00919288221112222", "010101001010101011001010101011"])
async def test_an_unknown_id_is_not_found(okta: Ingress, id_: str) -> None:
    for kind in ("Users", "Groups"):
        error_of(await okta.send("GET", f"/{kind}/{id_}"), 404)


async def test_a_filter_that_is_none_is_invalid(okta: Ingress) -> None:
    error_of(await okta.send("GET", "/Users?filter=nobody.at.all"), 400, "invalidFilter")


async def test_the_first_page_shows_whole_people(okta: Ingress) -> None:
    user = await created(okta)
    page = page_of(await okta.send("GET", "/Users?count=1&startIndex=1"))
    assert (page["itemsPerPage"], page["startIndex"], page["totalResults"]) == (1, 1, 1)
    (found,) = page["Resources"]
    assert found == user
    assert found["name"] == {"givenName": "Ivy", "familyName": "Reel"}
    assert found["emails"][0]["value"] == IVY
    assert found["active"] is True


async def test_the_specification_test_posts_plain_json(okta: Ingress) -> None:
    plain = {"content-type": "application/json"}
    user = resource_of(await okta.send("POST", "/Users", assignment(), **plain), 201)
    for accepted in ("application/json", "application/scim+json; charset=utf-8", "*/*"):
        resource_of(await okta.send("GET", f"/Users/{user['id']}", accept=accepted))


async def test_an_import_walks_stable_pages(okta: Ingress) -> None:
    for number in range(5):
        await created(okta, user_name=f"ivy{number}@mill.test")
    seen = []
    for start in (1, 3, 5):
        page = page_of(await okta.send("GET", f"/Users?startIndex={start}&count=2"))
        assert (page["startIndex"], page["totalResults"]) == (start, 5)
        seen += [each["userName"] for each in page["Resources"]]
    assert seen == [f"ivy{number}@mill.test" for number in range(5)]
    again = page_of(await okta.send("GET", "/Users?startIndex=1&count=100"))
    assert [each["userName"] for each in again["Resources"]] == seen


async def test_a_profile_is_pushed_with_everything_that_was_read(okta: Ingress) -> None:
    user = await created(okta, title="Winder")
    read = resource_of(await okta.send("GET", f"/Users/{user['id']}"))
    echoed = resource_of(await okta.send("PUT", f"/Users/{user['id']}", read))
    assert echoed == read
    changed = assignment(
        id=user["id"],
        meta=read["meta"],
        name={"givenName": "Yvonne", "middleName": "", "familyName": "Reel-Hank"},
        emails=[{"primary": True, "value": IVY, "type": "work", "display": IVY}],
        locale="en-GB",
    )
    answer = resource_of(await okta.send("PUT", f"/Users/{user['id']}", changed))
    assert "password" not in answer
    found = resource_of(await okta.send("GET", f"/Users/{user['id']}"))
    assert found["name"].get("middleName", "") == ""
    assert found["name"]["familyName"] == "Reel-Hank"
    assert (found["locale"], len(found["emails"]), found["active"]) == ("en-GB", 1, True)
    assert "title" not in found, "a PUT replaces what it does not name"


async def test_a_rename_keeps_the_id_and_frees_the_name(okta: Ingress) -> None:
    user = await created(okta)
    renamed = assignment("ivy.hank@mill.test", id=user["id"])
    answer = resource_of(await okta.send("PUT", f"/Users/{user['id']}", renamed))
    assert (answer["id"], answer["userName"]) == (user["id"], "ivy.hank@mill.test")
    assert await okta.found("/Users", f'userName eq "{IVY}"') == []
    assert await okta.found("/Users", 'userName eq "ivy.hank@mill.test"') == [user["id"]]


async def test_a_wizard_made_app_leaves_and_returns_by_put(okta: Ingress) -> None:
    user = await created(okta)
    for active in (False, True):
        body = assignment(id=user["id"], active=active)
        answer = resource_of(await okta.send("PUT", f"/Users/{user['id']}", body))
        assert (answer["active"], answer["id"]) == (active, user["id"])
        assert resource_of(await okta.send("GET", f"/Users/{user['id']}"))["active"] is active


async def test_a_catalogue_app_leaves_by_patch_and_stays_listed(okta: Ingress) -> None:
    user = await created(okta)
    path = f"/Users/{user['id']}"
    await okta.patch(path, {"op": "replace", "value": {"active": False}})
    left = resource_of(await okta.send("GET", path))
    assert left == user | {"active": False, "meta": left["meta"]}
    for query in (
        "startIndex=1&count=1",
        f'filter=id eq "{user["id"]}"',
        f'filter=userName eq "{IVY}"',
    ):
        (listed,) = page_of(await okta.send("GET", f"/Users?{query}"))["Resources"]
        assert (listed["id"], listed["active"]) == (user["id"], False)


async def test_enterprise_attributes_come_and_change(okta: Ingress) -> None:
    extension: Any = {
        "employeeNumber": "71",
        "department": "Spools",
        "costCenter": "C-4",
        "organization": "Mill",
        "division": "South",
    }
    sent: dict[str, Any] = {ENTERPRISE: extension}
    user = await created(okta, schemas=[USER, ENTERPRISE], **sent)
    assert user[ENTERPRISE] == extension
    assert ENTERPRISE in user["schemas"]
    changed = {"employeeNumber": "71", "department": "Dyes"}
    body = assignment(schemas=[USER, ENTERPRISE]) | {ENTERPRISE: changed}
    answer = resource_of(await okta.send("PUT", f"/Users/{user['id']}", body))
    assert answer[ENTERPRISE] == changed


async def test_attributes_of_the_apps_own_are_left_out(okta: Ingress) -> None:
    custom: dict[str, Any] = {CUSTOM: {"badge": "B-9", "shoe size": 42}}
    user = await created(okta, schemas=[USER, CUSTOM], **custom)
    assert CUSTOM not in user
    assert user["schemas"] == [USER]


async def test_discovery_is_read_and_never_written(okta: Ingress) -> None:
    names = [
        each["name"] for each in page_of(await okta.send("GET", "/ResourceTypes"))["Resources"]
    ]
    assert names == ["User", "Group"]
    schemas = [each["id"] for each in page_of(await okta.send("GET", "/Schemas"))["Resources"]]
    assert {USER, ENTERPRISE} <= set(schemas)
    for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
        assert (await okta.send("GET", path)).status_code == 200
        answer = await okta.send("POST", path, {})
        error_of(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"


async def test_ids_suit_okta(okta: Ingress) -> None:
    user = await created(okta)
    assert "bulkId" not in user["id"]
    assert "_" not in str(okta.http.base_url)
