"""Do the routes of people and of the status answer as their use cases do?"""

from typing import Any

from tests.drivers.admin_http import AdminApi
from tests.drivers.in_process import Ingress, ingress_on


async def two_people(ingress: Ingress) -> tuple[str, str]:
    """Push two people of the workspace Acme."""
    ada = await ingress.user("ada@acme.test", displayName="Ada", externalId="00u1")
    return ada, await ingress.user("ben@acme.test", active=False)


async def read_whole(api: AdminApi, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return all items of a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await api.viewer.get(path, **query, **cursor)
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = {"cursor": page["next"]}


async def test_people_are_listed_page_by_page(admin_api: AdminApi) -> None:
    async with ingress_on(admin_api.it.directory) as ingress:
        ids = await two_people(ingress)
        listed = await read_whole(admin_api, "/people", limit=1)
        assert [it["identity"] for it in listed] == sorted(ids)
        [ben] = await read_whole(admin_api, "/people", inactive=True, state="pending")
        assert (ben["user_name"], ben["active"]) == ("ben@acme.test", False)
        assert await read_whole(admin_api, "/people", search="zoe") == []
        assert (await admin_api.stranger.get("/people"))["items"] == []


async def test_a_person_is_shown_locked_and_unlocked_by_a_name(admin_api: AdminApi) -> None:
    async with ingress_on(admin_api.it.directory) as ingress:
        ada, _ = await two_people(ingress)
        people = f"/connections/{ingress.connection}/people"
        shown = await admin_api.viewer.get(f"{people}/Ada@acme.test")
        assert (shown["identity"], shown["external_id"]) == (ada, "00u1")
        assert shown["timeline"][-1]["at"].endswith("Z")
        locked = await admin_api.owner.post(f"{people}/00u1/lock")
        assert (locked["active"], locked["deactivation"]) == (False, "remove-employee")
        assert locked["locked_at"].endswith("Z")
        assert len(admin_api.changes) == 1, "a relay is woken"
        assert (await admin_api.owner.post(f"{people}/{ada}/unlock"))["active"] is True
        again = await admin_api.owner.send("POST", f"{people}/{ada}/unlock")
        assert (again.status_code, again.json()["code"]) == (409, "not_locked")
        unknown = await admin_api.owner.send("GET", f"{people}/zoe@acme.test")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_person")
        assert "zoe" not in unknown.text


async def test_the_status_is_told_by_workspace_and_connection(admin_api: AdminApi) -> None:
    async with ingress_on(admin_api.it.directory) as ingress:
        await two_people(ingress)
        told = await admin_api.viewer.get("/status")
        assert [(it["connection"], it["counts"]["pending"]) for it in told["connections"]] == [
            *(("acme-store", 0), (ingress.connection, 2)),
        ]
        [acme] = told["workspaces"]
        assert (acme["connections"], acme["counts"]["identities"]) == (2, 2)
        assert (await admin_api.stranger.get("/status"))["workspaces"][0]["workspace"] == "Other"
