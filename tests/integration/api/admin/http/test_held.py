"""Can people who are held be listed and decided on over HTTP, and brakes be set?"""

import pytest

from tests.drivers.admin_http import AdminApi
from tests.integration.api.outbox.test_judged_leavings import names, world_on

CONNECTION = "/connections/acme-store-2"
HELD = f"{CONNECTION}/held"


async def hold(api: AdminApi, people: int) -> None:
    """Let people leave of a second connection, which lets nobody leave."""
    world = await world_on(api.it.directory, "0:0", people, "Acme")
    await world.leave(*names(people))
    await world.relay()


async def test_the_held_are_listed_page_by_page(admin_api: AdminApi) -> None:
    await hold(admin_api, 5)
    shown: list[dict[str, str]] = []
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = await admin_api.viewer.get(HELD, limit="2", **cursor)
        shown += page["items"]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert [it["identity"] for it in shown] == list(names(5))
    assert {it["effect"] for it in shown} == {"deactivation"}
    assert all(it["since"].endswith("Z") for it in shown)


async def test_an_owner_decides_on_some_and_then_on_all(admin_api: AdminApi) -> None:
    await hold(admin_api, 5)
    some = {"identities": ["person-000", "person-001"]}
    assert await admin_api.owner.post(f"{HELD}/approve", some) == {"approved": 2}
    assert await admin_api.owner.post(f"{HELD}/reject", {"identities": "all"}) == {"rejected": 3}
    assert (await admin_api.viewer.get(HELD))["items"] == []
    logged = (await admin_api.owner.get("/audit"))["items"]
    told = [it["after"] for it in logged if it["action"] == "held.reject"]
    assert sorted(told, key=len) == [{"identities": "all"}, {"identities": "all", "people": 3}]
    refused = await admin_api.viewer.send("POST", f"{HELD}/approve", {"identities": "all"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({}, 422),
        ({"identities": []}, 422),
        ({"identities": "some"}, 422),
        ({"identities": ["nobody", "person-000"]}, 409),
    ],
    ids=["none", "empty", "a word", "unknown"],
)
async def test_a_wrong_decision_names_its_field_and_decides_nothing(
    admin_api: AdminApi, wrong: dict[str, object], status: int
) -> None:
    await hold(admin_api, 1)
    answer = await admin_api.owner.send("POST", f"{HELD}/approve", wrong)
    assert answer.status_code == status
    assert answer.json()["field"].startswith("identit")
    assert len((await admin_api.owner.get(HELD))["items"]) == 1


async def test_a_brake_is_chosen_shown_and_set(admin_api: AdminApi) -> None:
    wanted = {"workspace": "Acme", "portal": "store", "brake": "7:8"}
    await admin_api.owner.post("/connections", wanted)
    assert (await admin_api.viewer.get(CONNECTION))["brake"] == "7:8"
    answer = await admin_api.owner.send("PUT", f"{CONNECTION}/brake", {"brake": "off"})
    assert answer.json()["brake"] == "off"
    refused = await admin_api.owner.send("PUT", f"{CONNECTION}/brake", {"brake": "on"})
    assert (refused.status_code, refused.json()["field"]) == (400, "brake")
    assert (await admin_api.viewer.get(CONNECTION))["brake"] == "off"
