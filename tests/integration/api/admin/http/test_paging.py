"""How are lists read page by page? By sealed cursors, which miss nothing and show nothing twice."""

from typing import Any

import pytest

from api.admin.connections import create_connection
from contracts.clock import now
from tests.drivers.admin_http import RULES, AdminApi
from tests.servers.both_databases import on_both_databases


@on_both_databases
async def test_pages_together_are_the_list(admin_api: AdminApi) -> None:
    for number in range(5):
        await create_connection(admin_api.it.directory, f"W{number}", RULES, now())
    whole = (await admin_api.operator.get("/workspaces"))["items"]
    assert len(whole) == 7
    for limit in (1, 2, 3, 7):
        seen: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await admin_api.operator.get("/workspaces", limit=limit, **cursor)
            assert len(page["items"]) <= limit
            seen += page["items"]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert seen == whole


async def test_what_is_new_meanwhile_moves_no_page(admin_api: AdminApi) -> None:
    first = await admin_api.operator.get("/workspaces", limit=1)
    await create_connection(admin_api.it.directory, "Aaa", RULES, now())
    rest = await admin_api.operator.get("/workspaces", cursor=first["next"])
    assert [it["workspace"] for it in rest["items"]] == ["Other"]


@pytest.mark.parametrize("spoil", ["", "x", "AAAA", "é"])
async def test_a_cursor_of_its_own_making_is_refused(admin_api: AdminApi, spoil: str) -> None:
    answer = await admin_api.operator.http.get("/admin/v1/workspaces", params={"cursor": spoil})
    assert (answer.status_code, answer.json()["code"]) == (400, "unusable_cursor")
    assert answer.json()["field"] == "cursor"


async def test_a_cursor_is_of_its_token_and_its_list_alone(admin_api: AdminApi) -> None:
    await create_connection(admin_api.it.directory, "Acme", RULES, now())
    cursor = (await admin_api.operator.get("/connections", limit=1))["next"]
    for actor, query in ((admin_api.owner, ""), (admin_api.operator, "&workspace=Acme")):
        answer = await actor.send("GET", f"/connections?cursor={cursor}{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "unusable_cursor")
    assert "Acme" not in cursor
