"""Do accounts, devices, policies and conflicts look over HTTP as they are downstream?"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest

from api.admin.accounts import add_account
from api.admin.actors import COMMAND
from contracts.rules import CreateEmployee, Portal, StoreRules
from deploy.administration import administration_of
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from tests.drivers.admin_http import AdminApi, admin_api_on
from tests.drivers.both_sides import installation_on, opened_on_both_sides
from tests.servers.migrated import NewDatabase

pytestmark = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)

ADA, BEN = "ada@acme.test", "ben@acme.test"


@pytest.fixture
async def api(databases: Databases) -> AsyncIterator[AdminApi]:
    """Give the admin API in front of both sides, with the workspaces Acme and Other."""
    async with served_on(databases) as served:
        yield served


@pytest.fixture(scope="module")
async def empty_api(shared_database_url: NewDatabase) -> AsyncIterator[AdminApi]:
    """Give the same to the tests that change nothing."""
    urls = shared_database_url(DIRECTORY), shared_database_url(DOWNSTREAM)
    async with opened_on_both_sides(*urls) as databases, served_on(databases) as served:
        yield served


def served_on(databases: Databases) -> AbstractAsyncContextManager[AdminApi]:
    """Serve both sides."""
    it = administration_of(databases, Settings())
    return admin_api_on(databases.directory, served=it)


async def test_an_account_is_made_listed_shown_and_released(api: AdminApi) -> None:
    wanted = {"workspace": "acme", "portal": "dashboard", "email": ADA, "role": "admin"}
    made = await api.owner.post("/accounts", wanted)
    assert (made["email"], made["role"], made["made_by"]) == (ADA, "admin", "hand")
    assert (await api.viewer.get("/accounts"))["items"] == [made]
    assert await api.operator.get(f"/accounts/{made['id']}", workspace="acme") == made
    for filters, found in (({"role": "viewer"}, []), ({"email": ADA.upper()}, [made])):
        assert (await api.owner.get("/accounts", **filters))["items"] == found
    released = await api.owner.post(f"/accounts/{made['id']}/release")
    assert released == made | {"released": True}


async def test_accounts_are_paged(api: AdminApi) -> None:
    for number in range(5):
        await add_account(api.it, COMMAND, "Acme", Portal.STORE, f"{number}@acme.test")
    seen, cursor = list[str](), dict[str, str]()
    while True:
        page = await api.viewer.get("/accounts", portal="store", limit=2, **cursor)
        seen += [it["email"] for it in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert sorted(seen) == [f"{number}@acme.test" for number in range(5)]


async def test_a_device_is_enrolled_changed_removed_and_comes_back(api: AdminApi) -> None:
    await api.owner.post("/accounts", {"workspace": "Acme", "portal": "mdm", "email": ADA})
    await api.owner.post("/policies", {"workspace": "Acme", "policy": "a/b"})
    device = await api.owner.post("/devices", {"workspace": "Acme", "serial": "L/1"})
    place = f"/devices/{device['id']}"
    assigned = await api.owner.post(f"{place}/assign", {"assigned_to": ADA})
    assert assigned["assigned_to"] == ADA
    put = await api.owner.post(f"{place}/policy", {"policy": "a/b"})
    assert put == assigned | {"policy": "a/b"}
    assert (await api.viewer.get("/devices", assigned_to=ADA))["items"] == [put]
    in_use = await api.owner.send("DELETE", "/policies/a%2Fb")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "policy_in_use")
    removed = (await api.owner.send("DELETE", place)).json()
    assert (removed["removed"], removed["assigned_to"]) == (True, None)
    again = await api.owner.send("DELETE", place)
    assert (again.status_code, again.json()["code"]) == (409, "removed_serial")
    assert (await api.owner.send("DELETE", "/policies/a%2Fb")).json() == {"policy": "a/b"}
    back = await api.owner.post("/devices", {"workspace": "Acme", "serial": "L/1"})
    assert back["id"] != device["id"]
    assert (await api.viewer.get("/devices", removed=False))["items"] == [back]


async def test_policies_are_listed_by_name(api: AdminApi) -> None:
    for name in ("office", "locked"):
        await api.owner.post("/policies", {"workspace": "Acme", "policy": name})
    page = await api.viewer.get("/policies", limit=1)
    assert page["items"] == [{"policy": "locked"}]
    rest = await api.viewer.get("/policies", limit=1, cursor=page["next"])
    assert rest == {"items": [{"policy": "office"}], "next": None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/accounts", {"workspace": "Acme", "portal": "mdm", "email": "x"}, 400, "email"),
        ("POST", "/accounts", {"workspace": "Acme", "portal": "lan", "email": ADA}, 422, "portal"),
        ("POST", "/accounts", {"workspace": "Acme", "portal": "mdm"}, 422, "email"),
        ("POST", "/devices", {"workspace": "Acme", "serial": ""}, 400, "serial"),
        ("POST", "/devices", {"workspace": "Acme", "serial": "L1", "policy": "x"}, 404, "policy"),
        (
            "POST",
            "/devices",
            {"workspace": "Acme", "serial": "L1", "assigned_to": ADA},
            *(404, "assigned_to"),
        ),
        ("POST", "/policies", {"workspace": "Acme", "policy": "p", "x": 1}, 422, "x"),
        ("GET", "/accounts/nothing", None, 404, "account"),
        ("GET", "/devices/nothing", None, 404, "device"),
        ("DELETE", "/policies/nothing", None, 404, "policy"),
        ("GET", "/accounts?role=boss", None, 422, "role"),
        ("GET", "/connections/acme-store/conflicts/nobody", None, 404, "identity"),
        ("POST", "/connections/acme-store/conflicts/nobody/move", {}, 422, "to"),
    ],
    ids=[
        *("no e-mail", "unknown portal", "missing e-mail", "empty serial", "unknown policy"),
        *("unknown owner", "unknown field", "account", "device", "policy", "unknown role"),
        *("conflict", "missing to"),
    ],
)
async def test_a_mistake_is_a_problem_that_names_the_field_and_changes_nothing(
    empty_api: AdminApi,
    method: str,
    path: str,
    body: dict[str, object] | None,
    status: int,
    field: str,
) -> None:
    answer = await empty_api.owner.send(method, path, body)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    for noun in ("accounts", "devices", "policies"):
        assert (await empty_api.viewer.get(f"/{noun}"))["items"] == []


async def test_an_operator_names_the_workspace(empty_api: AdminApi) -> None:
    answer = await empty_api.operator.send("GET", "/accounts")
    assert (answer.status_code, answer.json()["field"]) == (422, "workspace")


async def test_a_conflict_is_listed_released_and_moved(api: AdminApi, databases: Databases) -> None:
    rules = StoreRules(on_create=CreateEmployee())
    async with (
        installation_on(databases, rules) as first,
        installation_on(databases, rules) as second,
    ):
        holder = await first.ingress.user(ADA)
        await first.deliver()
        waiting = await second.ingress.user(ADA)
        await second.deliver()
        [listed] = (await api.viewer.get("/conflicts"))["items"]
        assert (listed["identity"], listed["holder_identity"]) == (waiting, holder)
        assert listed["since"].endswith("Z")
        place = f"/connections/{listed['connection']}/conflicts/{waiting}"
        assert await api.viewer.get(place) == listed
        refused = await api.owner.send("POST", f"{place}/release", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "holder_is_active")
        moved = await api.owner.post(f"{place}/move", {"to": BEN})
        assert (moved["account"]["email"], moved["account"]["identity"]) == (ADA, waiting)
        await first.deliver()
        [turned] = (await api.viewer.get("/conflicts"))["items"]
        assert turned["identity"] == holder
        back = f"/connections/{turned['connection']}/conflicts/{holder}"
        none = await api.owner.send("POST", f"{back}/release", {"from_active": True})
        assert (none.status_code, none.json()["code"]) == (409, "nothing_to_release")
