"""Are token and rules those of the moment of the commit, and not of the moment before the body?"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from api.admin.change_rules import replace_rules
from api.directory.tables import GroupRow, UserRow
from contracts.clock import now
from contracts.rules import CreateEmployee, LeaveAlone, StoreRules
from tests.drivers.administration import rotate
from tests.drivers.in_process import GROUP, PATCH, USER, Ingress

DEACTIVATION = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
RENAME = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "New"}}]}
REMOVAL = {"op": "remove", "path": 'members[value eq "{user}"]'}
ONE_LESS = {"schemas": [PATCH], "Operations": [REMOVAL]}


def sent_slowly(body: Any, meanwhile: Callable[[], Awaitable[object]]) -> AsyncIterator[bytes]:
    """Give a body in two pieces; something happens between them."""
    text = json.dumps(body).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield text[:10]
        await meanwhile()
        yield text[10:]

    return pieces()


@pytest.fixture
async def ids(ingress: Ingress) -> dict[str, str]:
    """Give somebody who is in a group, and the group."""
    user = await ingress.user("ada")
    return {"user": user, "group": await ingress.group("Weavers", user)}


REQUESTS: list[tuple[str, str, Any]] = [
    ("POST", "/Users", {"schemas": [USER], "userName": "ben"}),
    ("PUT", "/Users/{user}", {"schemas": [USER], "userName": "ada lovelace"}),
    ("PATCH", "/Users/{user}", DEACTIVATION),
    ("PATCH", "/Users/{user}", RENAME),
    ("PATCH", "/Users/{user}", RENAME | {"padding": "x" * 10_000}),  # is decided in a thread
    ("POST", "/Groups", {"schemas": [GROUP], "displayName": "Spinners"}),
    ("PUT", "/Groups/{group}", {"schemas": [GROUP], "displayName": "Spinners"}),
    ("PATCH", "/Groups/{group}", RENAME),
    ("PATCH", "/Groups/{group}", ONE_LESS),
    ("PATCH", "/Groups/{group}", RENAME | {"padding": "x" * 10_000}),  # on SQLite, it is in slices
    ("POST", "/Users/.search", {"filter": 'userName eq "ada"'}),
    ("POST", "/.search", {"filter": "id pr"}),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
async def test_a_token_that_ends_while_a_body_comes_opens_nothing(
    ingress: Ingress, ids: dict[str, str], method: str, path: str, body: Any
) -> None:
    await ingress.settle()
    before = await stored(ingress)
    named = json.loads(json.dumps(body).replace("{user}", ids["user"]))
    content = sent_slowly(named, lambda: rotate(ingress.database, ingress.connection))
    answer = await ingress.http.request(method, path.format(**ids), content=content)
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert await stored(ingress) == before
    assert await ingress.marked() == set()


@pytest.mark.parametrize("path", ["/Users/{user}", "/Groups/{group}"])
@pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
async def test_a_token_that_ends_while_a_deletion_waits_deletes_nothing(
    ingress: Ingress, ids: dict[str, str], path: str
) -> None:
    async with ingress.database.write() as db:
        await db.execute(select(GroupRow).with_for_update())
        deletion = asyncio.ensure_future(ingress.send("DELETE", path.format(**ids)))
        await somebody_waits(ingress)
        await rotate(ingress.database, ingress.connection)
    assert (await deletion).status_code == 401
    assert [len(rows) for rows in await stored(ingress)] == [1, 1]


async def test_a_bulk_request_ends_between_two_operations_with_its_token(ingress: Ingress) -> None:
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": f"{n}", "data": {"userName": f"user {n}"}}
        for n in range(100)
    ]
    running = asyncio.ensure_future(ingress.send("POST", "/Bulk", {"Operations": operations}))
    while not (await stored(ingress))[0]:
        await asyncio.sleep(0)
    await rotate(ingress.database, ingress.connection)
    users = len((await stored(ingress))[0])
    statuses = [each["status"] for each in (await running).json()["Operations"]]
    assert statuses == ["201"] * (len(statuses) - 1) + ["401"]
    # One more may have looked at the token before it ended, and committed by now.
    assert len((await stored(ingress))[0]) in {users, users + 1}


@pytest.mark.parametrize("padding", ["", "x" * 10_000])
async def test_a_deactivation_follows_the_rule_of_the_moment_when_it_is_stored(
    ingress: Ingress, ids: dict[str, str], padding: str
) -> None:
    rules = StoreRules(on_create=CreateEmployee(), on_deactivate=LeaveAlone())

    async def change() -> None:
        await replace_rules(ingress.database, ingress.connection, rules, now())

    body = DEACTIVATION | {"padding": padding}
    answer = await ingress.http.patch(f"/Users/{ids['user']}", content=sent_slowly(body, change))
    assert answer.status_code == 200
    assert (await ingress.identity(ids["user"]))["deactivation"] == {"do": "nothing"}


async def stored(ingress: Ingress) -> list[list[Any]]:
    """Return all users and all groups, by their revisions."""
    async with ingress.database.read() as db:
        return [
            list(await db.execute(select(col(table.id), col(table.revision))))
            for table in (UserRow, GroupRow)
        ]


async def somebody_waits(ingress: Ingress) -> None:
    """Wait until a statement waits for a lock of another one."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with ingress.database.read() as db:
        while not (await db.exec_driver_sql(waiting)).scalar_one():
            await asyncio.sleep(0)
