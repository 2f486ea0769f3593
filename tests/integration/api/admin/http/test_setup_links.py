"""Are set-up links made, listed and ended over HTTP as by the command?"""

from dataclasses import replace

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.administration import administration_on

LINKS = "/connections/acme-store/setup-links"


async def test_a_link_is_made_listed_and_revoked(admin_api: AdminApi) -> None:
    answer = await admin_api.owner.send("POST", LINKS, {"expires_at": "2999-01-31T00:00:00Z"})
    assert answer.status_code == 201
    new = answer.json()
    assert new["path"].startswith("/console/set-up/muster_")
    assert new["url"] is None
    assert new["expires_at"] == "2999-01-31T00:00:00Z"
    [listed] = (await admin_api.viewer.get(LINKS))["items"]
    assert (listed["id"], listed["state"], listed["used_at"]) == (new["id"], "open", None)
    assert new["path"] not in str(listed)
    revoked = await admin_api.owner.send("DELETE", f"{LINKS}/{new['id']}")
    assert (revoked.status_code, revoked.json()) == (200, listed | {"state": "revoked"})


async def test_a_link_is_whole_where_the_address_of_the_console_is_set(
    directory: DirectoryDatabase,
) -> None:
    it = replace(administration_on(directory), console_url="https://muster.test")
    async with admin_api_on(directory, served=it) as api:
        new = await api.owner.post(LINKS)
    assert new["url"] == f"https://muster.test{new['path']}"


async def test_a_link_without_choices_ends_in_a_week(admin_api: AdminApi) -> None:
    await admin_api.owner.post(LINKS)
    [listed] = (await admin_api.viewer.get(LINKS))["items"]
    assert listed["expires_at"][:10] > listed["created_at"][:10]


async def test_links_are_paged_the_newest_first(admin_api: AdminApi) -> None:
    made = [(await admin_api.owner.post(LINKS))["id"] for _ in range(3)]
    page = await admin_api.owner.get(LINKS, limit=2)
    rest = await admin_api.owner.get(LINKS, limit=2, cursor=page["next"])
    assert [it["id"] for it in (*page["items"], *rest["items"])] == made[::-1]


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400, "expires_too_early"),
        ({"expires_at": "soon"}, 422, "invalid_request"),
        ({"name": "Ada"}, 422, "invalid_request"),
    ],
    ids=["past", "no time", "unknown"],
)
async def test_a_link_with_a_wrong_choice_is_not_made(
    admin_api: AdminApi, wanted: dict[str, str], status: int, code: str
) -> None:
    answer = await admin_api.owner.send("POST", LINKS, wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await admin_api.viewer.get(LINKS))["items"] == []


async def test_an_unknown_link_is_not_found(admin_api: AdminApi) -> None:
    answer = await admin_api.owner.send("DELETE", f"{LINKS}/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "unusable_setup_link")
