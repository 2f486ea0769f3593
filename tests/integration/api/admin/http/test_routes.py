"""Does each noun over HTTP what its command does? Through the same use cases."""

from typing import Any

import pytest

from api.admin.actors import COMMAND
from api.admin.list_audit import list_changes
from contracts.downstream.failures import ListedFailure
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.administration import GivenUp
from tests.drivers.in_process import Ingress

SECOND = 1_000_000
TOKENS = "/connections/acme-store/tokens"


async def test_a_connection_is_created_shown_and_listed(admin_api: AdminApi) -> None:
    wanted = {
        "workspace": "acme",
        "portal": "dashboard",
        "on_create": "create-collaborator",
        "role": "editor",
        "role_map": [{"name": "Muster Admins", "role": "admin"}],
        "observe": True,
    }
    answer = await admin_api.owner.send("POST", "/connections", wanted)
    assert answer.status_code == 201
    made = answer.json()
    assert made["connection"] == "acme-dashboard"
    assert made["base_url"] == "https://muster.test/scim/v2/acme-dashboard"
    assert made["token"].startswith("muster_")
    shown = await admin_api.viewer.get("/connections/acme-dashboard")
    assert (shown["workspace"], shown["state"]) == ("Acme", "observing")
    assert shown["rules"]["on_create"] == {"do": "create-collaborator", "role": "editor"}
    assert shown["created_at"].endswith("Z")
    listed = await admin_api.viewer.get("/connections", workspace="ACME")
    assert [it["connection"] for it in listed["items"]] == ["acme-dashboard", "acme-store"]
    assert shown in listed["items"]
    assert made["token"] not in str(listed)
    [change] = (await admin_api.owner.get("/audit", connection="acme-dashboard"))["items"]
    assert change["actor"] == shown["state_by"] == f"admin:{admin_api.admins['owner'].id}"


async def test_a_new_workspace_takes_a_demand(admin_api: AdminApi) -> None:
    wanted = {"workspace": "Third", "portal": "store"}
    refused = await admin_api.operator.send("POST", "/connections", wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "new_workspace")
    made = await admin_api.operator.post("/connections", wanted | {"new_workspace": True})
    assert made["connection"] == "third-store"


@pytest.mark.parametrize(
    ("wrong", "status", "field"),
    [
        ({"portal": "shop"}, 422, "portal"),
        ({"workspace": None}, 422, "workspace"),
        ({"on_craete": "nothing"}, 422, "on_craete"),
        ({"on_create": "create-collaborator"}, 400, "on_create"),
        ({"role_map": [{"name": "x", "role": "king"}]}, 422, "role_map.0.role"),
        ({"workspace": "!"}, 400, "workspace"),
        ({"portal": "mdm", "on_deactivate": "change-policy", "policy": "p"}, 400, "policy"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
async def test_a_wrong_field_of_a_new_connection_is_named_and_nothing_is_made(
    shared_api: AdminApi, wrong: dict[str, object], status: int, field: str
) -> None:
    wanted = {"workspace": "Acme", "portal": "store", "new_workspace": True} | wrong
    answer = await shared_api.operator.send("POST", "/connections", wanted)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert len((await shared_api.operator.get("/connections"))["items"]) == 2
    assert len((await shared_api.operator.get("/workspaces"))["items"]) == 2


async def test_a_body_that_is_no_json_is_refused(shared_api: AdminApi) -> None:
    for body in (b"{", b"\xff", b"[" * 100_000):
        answer = await shared_api.operator.http.post(
            "/admin/v1/connections", content=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_body")


async def test_verbs_change_the_state_of_a_connection(admin_api: AdminApi) -> None:
    path = "/connections/acme-store"
    for verb, state in (
        ("pause", "paused"),
        ("observe", "observing"),
        ("resume", "live"),
        ("off", "off"),
        ("on", "live"),
    ):
        shown = await admin_api.owner.post(f"{path}/{verb}")
        assert (shown["connection"], shown["state"]) == ("acme-store", state)
        assert shown == await admin_api.viewer.get(path)
    await admin_api.owner.post(f"{path}/off")
    refused = await admin_api.owner.send("POST", f"{path}/resume")
    assert (refused.status_code, refused.json()["code"]) == (409, "connection_off")


async def test_a_deletion_is_begun_with_a_choice_and_shown(admin_api: AdminApi) -> None:
    path = "/connections/acme-store"
    missing = await admin_api.owner.send("DELETE", path)
    assert missing.status_code == 422
    assert (await admin_api.viewer.send("DELETE", f"{path}?people=keep")).status_code == 403
    assert (await admin_api.viewer.get(path))["people"] is None
    begun = await admin_api.owner.send("DELETE", f"{path}?people=keep")
    assert begun.status_code == 202
    shown = begun.json()
    assert (shown["state"], shown["people"], shown["people_left"]) == ("closing", "keep", 0)
    assert shown == await admin_api.viewer.get(path)
    other = await admin_api.owner.send("DELETE", f"{path}?people=deactivate")
    assert (other.status_code, other.json()["code"]) == (409, "connection_closes")


async def test_tokens_are_made_listed_replaced_and_revoked(admin_api: AdminApi) -> None:
    answer = await admin_api.owner.send(
        "POST", TOKENS, {"name": "okta", "expires_at": "2999-01-31T01:00:00+01:00"}
    )
    assert answer.status_code == 201
    new = answer.json()
    assert new["expires_at"] == "2999-01-31T00:00:00Z"
    listed = await admin_api.viewer.get(TOKENS)
    assert listed["items"][0]["id"] == new["id"]
    assert new["token"] not in str(listed)
    revoked = await admin_api.owner.send("DELETE", f"{TOKENS}/{new['id']}")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    again = await admin_api.owner.send("DELETE", f"{TOKENS}/{new['id']}")
    assert again.json() == revoked.json()
    rotated = await admin_api.owner.post(f"{TOKENS}/rotate", {"keep_old": True})
    assert len((await admin_api.viewer.get(TOKENS))["items"]) == 2
    assert len((await admin_api.viewer.get(TOKENS, revoked=True))["items"]) == 3
    await admin_api.owner.post(f"{TOKENS}/rotate")
    assert rotated["id"] not in [it["id"] for it in (await admin_api.viewer.get(TOKENS))["items"]]


async def test_tokens_are_paged_the_newest_first(admin_api: AdminApi) -> None:
    for _ in range(3):
        await admin_api.owner.post(f"{TOKENS}/rotate")
    whole = (await admin_api.owner.get(TOKENS, revoked=True))["items"]
    page = await admin_api.owner.get(TOKENS, revoked=True, limit=3)
    rest = await admin_api.owner.get(TOKENS, revoked=True, limit=3, cursor=page["next"])
    assert [*page["items"], *rest["items"]] == whole
    assert (len(whole), rest["next"]) == (4, None)


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"name": ""}, 400, "unusable_token_name"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400, "expires_too_early"),
        ({"expires_at": "2999-01-01T00:00:00"}, 422, "invalid_request"),
        ({"expires": "90d"}, 422, "invalid_request"),
    ],
    ids=["name", "past", "no zone", "mistyped"],
)
async def test_a_token_with_a_wrong_choice_is_not_made(
    shared_api: AdminApi, wanted: dict[str, str], status: int, code: str
) -> None:
    answer = await shared_api.owner.send("POST", TOKENS, wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len((await shared_api.viewer.get(TOKENS))["items"]) == 1


async def test_an_id_of_no_token_is_not_repeated(shared_api: AdminApi) -> None:
    for path in (TOKENS, "/admins"):
        answer = await shared_api.operator.send("DELETE", f"{path}/muster_secret")
        assert answer.status_code == 404
        assert "muster_secret" not in answer.text


async def test_rules_are_read_tried_and_changed(admin_api: AdminApi) -> None:
    path = "/connections/acme-store/rules"
    before = await admin_api.viewer.get(path)
    tried = await admin_api.viewer.post(f"{path}/validate", {"on_create": "nothing"})
    assert tried["rules"]["on_create"] == {"do": "nothing"}
    assert await admin_api.viewer.get(path) == before
    answer = await admin_api.owner.send("PATCH", path, {"on_create": "nothing"})
    assert answer.json() == tried | {"marked": 0, "leavers": []}
    assert await admin_api.viewer.get(path) == tried
    for verb, further in (("POST", "/validate"), ("PATCH", "")):
        wrong = await admin_api.owner.send(verb, f"{path}{further}", {})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "nothing_to_change")


async def test_portals_tell_what_their_rules_can_say(shared_api: AdminApi) -> None:
    told = {it["portal"]: it for it in await shared_api.viewer.get("/portals")}
    assert sorted(told) == ["dashboard", "mdm", "store"]
    assert told["store"]["on_create"] == ["nothing", "create-employee"]
    assert set(told["dashboard"]["roles"]) == {"admin", "editor", "viewer"}


async def test_a_resync_marks_who_is_asked_for(ingress: Ingress) -> None:
    async with admin_api_on(ingress.database) as api:
        ada, eve = await ingress.user("ada@example.com"), await ingress.user("eve@example.com")
        path = f"/connections/{ingress.connection}/resync"
        for body, meant in (({"identity": ada}, {ada}), (None, {ada, eve}), ({}, {ada, eve})):
            await ingress.settle()
            done = await api.owner.post(path, body)
            assert done == {"marked": len(meant), "leavers": []}
            assert await ingress.marked() == meant
        await ingress.settle()
        assert (await api.operator.post("/resync"))["marked"] == 2
        unknown = await api.owner.send("POST", path, {"identity": "nobody"})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_identity")


async def test_failures_are_listed_grouped_and_retried(ingress: Ingress) -> None:
    failures = GivenUp()
    async with admin_api_on(ingress.database, failures=failures) as api:
        ada, connection = await ingress.user("ada@example.com"), ingress.connection
        failures.listed = [
            ListedFailure(connection, ada, "exhausted", "Timeout", 1, 6, 1_000_000, 2_000_000, "c"),
            ListedFailure(
                connection, "x", "permanent", "KeyError", 1, 1, 1_000_000, 3_000_000, "d"
            ),
        ]
        await ingress.settle()
        listed = (await api.operator.get("/failures"))["items"]
        assert [it["identity"] for it in listed] == ["x", ada]
        assert listed[1]["last_at"] == "1970-01-01T00:00:02Z"
        first = await api.viewer.get("/failures", connection=connection, limit=1)
        rest = await api.viewer.get(
            "/failures", connection=connection, limit=1, cursor=first["next"]
        )
        assert [*first["items"], *rest["items"]] == listed
        groups = await api.operator.get("/failures/groups")
        assert {it["kind"] for it in groups} == {"exhausted", "permanent"}
        done = await api.owner.post(
            "/failures/retry", {"connection": connection, "kind": "exhausted"}
        )
        assert done["marked"] == 1
        assert await ingress.marked() == {ada}


async def test_the_audit_log_is_read_backwards_page_by_page(admin_api: AdminApi) -> None:
    for verb in ("pause", "resume", "off", "on"):
        await admin_api.owner.post(f"/connections/acme-store/{verb}")
    whole = (await admin_api.owner.get("/audit"))["items"]
    assert [it["action"] for it in whole[:2]] == ["connections.on", "connections.off"]
    assert {it["workspace"] for it in whole} == {"Acme"}
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = await admin_api.owner.get("/audit", limit=2, **cursor)
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == whole
    every = (await admin_api.operator.get("/audit"))["items"]
    assert {it["workspace"] for it in every} == {"Acme", "Other"}


async def test_an_operator_issues_tokens_and_ends_them(admin_api: AdminApi) -> None:
    wanted = {"workspace": "acme", "role": "viewer", "name": "page"}
    answer = await admin_api.operator.send("POST", "/admins", wanted)
    assert answer.status_code == 201
    new = answer.json()
    assert (new["workspace"], new["role"]) == ("Acme", "viewer")
    page = admin_api.as_bearer(new["token"])
    assert (await page.get("/connections/acme-store"))["connection"] == "acme-store"
    listed = await admin_api.owner.get("/admins")
    assert {it["role"] for it in listed["items"]} == {"owner", "viewer"}
    assert "Other" not in str(listed)
    assert new["token"] not in str(listed)
    ended = await admin_api.operator.send("DELETE", f"/admins/{new['id']}")
    assert ended.json()["state"] == "revoked"
    assert (await page.send("GET", "/connections")).status_code == 401
    actions = [it.action for it in await list_changes(admin_api.it, COMMAND)]
    assert actions[:2] == ["admins.revoke", "admins.create"]


async def test_an_owner_issues_no_tokens(shared_api: AdminApi) -> None:
    wanted = {"workspace": "Acme", "role": "viewer"}
    for actor in (shared_api.owner, shared_api.viewer):
        answer = await actor.send("POST", "/admins", wanted)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    unknown = await shared_api.operator.send("POST", "/admins", wanted | {"workspace": "Nowhere"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "workspace")


async def test_a_change_wakes_the_relay_beside_and_a_look_does_not(admin_api: AdminApi) -> None:
    await admin_api.owner.get("/connections")
    assert admin_api.changes == []
    await admin_api.owner.post("/connections/acme-store/resync")
    assert len(admin_api.changes) == 1
