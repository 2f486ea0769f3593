"""Which requests are let in? Those with a live token of an administrator, as far as it reaches."""

import pytest

from api.admin.actors import COMMAND
from api.admin.admins import create_admin, list_admins, revoke_admin
from api.admin.tokens import TokenChoices
from api.directory.dialects import DirectoryDatabase
from contracts.clock import now
from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi, admin_api_on


async def test_the_operator_sees_every_workspace_and_an_owner_their_own(
    shared_api: AdminApi,
) -> None:
    every = await shared_api.operator.get("/workspaces")
    assert [it["workspace"] for it in every["items"]] == ["Acme", "Other"]
    own = await shared_api.owner.get("/workspaces")
    assert own == {"items": [{"workspace": "Acme", "connections": 1}], "next": None}


@pytest.mark.parametrize("token", [None, "", "wrong", f"{OPERATOR_TOKEN}x", "\xe9"])
@pytest.mark.parametrize("path", ["/workspaces", "/nothing", ""])
async def test_a_request_without_a_live_token_learns_nothing_not_even_which_paths_there_are(
    shared_api: AdminApi, token: str | None, path: str
) -> None:
    answer = await shared_api.as_bearer(token).send("GET", path)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthenticated"


async def test_a_revoked_token_ends_at_once(admin_api: AdminApi) -> None:
    await admin_api.viewer.get("/workspaces")
    await revoke_admin(admin_api.it, COMMAND, admin_api.admins["viewer"].id)
    assert (await admin_api.viewer.send("GET", "/workspaces")).status_code == 401


async def test_a_token_ends_when_it_expires(directory: DirectoryDatabase) -> None:
    clock = [now()]
    async with admin_api_on(directory, clock=lambda: clock[0]) as served:
        choices = TokenChoices(expires_at=clock[0] + 1_000)
        brief = await create_admin(served.it, COMMAND, "Acme", "viewer", choices)
        await served.as_bearer(brief.token).get("/workspaces")
        clock[0] += 1_000
        answer = await served.as_bearer(brief.token).send("GET", "/workspaces")
        assert answer.status_code == 401


async def test_the_last_use_of_a_token_is_noted_once_a_minute(directory: DirectoryDatabase) -> None:
    clock = [now()]
    async with admin_api_on(directory, clock=lambda: clock[0]) as served:
        seen = []
        for passed in (0, 59_000_000, 60_000_000):
            clock[0] += passed
            await served.viewer.get("/workspaces")
            listed = await list_admins(served.it, COMMAND)
            seen += [it.last_used_at for it in listed if it.id == served.admins["viewer"].id]
    assert seen == [clock[0] - 119_000_000, clock[0] - 119_000_000, clock[0]]


async def test_without_an_operators_token_nothing_opens_the_installation(
    directory: DirectoryDatabase,
) -> None:
    async with admin_api_on(directory, operator_token=None) as served:
        assert (await served.operator.send("GET", "/workspaces")).status_code == 401
        assert (await served.owner.send("GET", "/workspaces")).status_code == 200
