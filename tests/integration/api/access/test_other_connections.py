"""Does a token open its own connection only, whatever ids of another one a request names?"""

from typing import Any

import pytest
from sqlalchemy import RowMapping, select
from sqlmodel import col

from api.directory.tables import GroupRow, Membership, UserRow
from tests.drivers.in_process import GROUP, PATCH, USER, Ingress

RENAMED = {"schemas": [USER], "userName": "taken over"}
INACTIVE = {"op": "replace", "value": {"active": False}}
PATCHED = {"schemas": [PATCH], "Operations": [INACTIVE]}
NO_MEMBERS: dict[str, Any] = {"schemas": [GROUP], "displayName": "taken over", "members": []}
EMPTIED = {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "members"}]}

REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/Users/{user}", None),
    ("PUT", "/Users/{user}", RENAMED),
    ("PATCH", "/Users/{user}", PATCHED),
    ("PATCH", "/Users/{user}", PATCHED | {"padding": "x" * 10_000}),
    ("DELETE", "/Users/{user}", None),
    ("GET", "/Groups/{group}", None),
    ("PUT", "/Groups/{group}", NO_MEMBERS),
    ("PATCH", "/Groups/{group}", EMPTIED),
    ("DELETE", "/Groups/{group}", None),
]


@pytest.fixture
async def victim(ingress: Ingress, workspace: str) -> Ingress:
    """Give the connection of another workspace that the same api serves."""
    return await ingress.neighbour(f"Neighbour of {workspace}")


@pytest.fixture
async def ids(victim: Ingress) -> dict[str, str]:
    """Give a person of the other workspace, and their group."""
    user = await victim.user("ada", externalId="ada", displayName="Ada")
    return {"user": user, "group": await victim.group("Weavers", user)}


async def stored(victim: Ingress) -> list[list[RowMapping]]:
    """Return all that the directory holds of a connection."""
    async with victim.database.read() as db:
        return [
            list(
                (await db.execute(select(table).where(connection == victim.connection))).mappings()
            )
            for table, connection in (
                (UserRow.__table__, col(UserRow.connection_id)),  # type: ignore[attr-defined]
                (GroupRow.__table__, col(GroupRow.connection_id)),  # type: ignore[attr-defined]
                (Membership.__table__, col(Membership.connection_id)),  # type: ignore[attr-defined]
            )
        ] + [list(await victim.identities())]


async def test_what_another_connection_has_is_not_there(
    ingress: Ingress, victim: Ingress, ids: dict[str, str]
) -> None:
    before = await stored(victim)
    for method, path, body in REQUESTS:
        answer = await ingress.send(method, path.format(**ids), body)
        unknown = await ingress.send(method, path.format(user="no-one", group="no-one"), body)
        assert answer.status_code == unknown.status_code == 404, (method, path, body)
        named = answer.text.replace(ids["user"], "no-one").replace(ids["group"], "no-one")
        assert named == unknown.text, "the answer does not tell that it is there"
        operation = {"method": method, "path": path.format(**ids), "data": body}
        if method != "GET":
            bulk = await ingress.send("POST", "/Bulk", {"Operations": [operation]})
            assert [it["status"] for it in bulk.json()["Operations"]] == ["404"], operation
    assert await stored(victim) == before


async def test_a_search_finds_nobody_of_another_connection(
    ingress: Ingress, ids: dict[str, str]
) -> None:
    for path in ("/Users", "/Groups", ""):
        for wanted in ("id pr", 'id eq "{user}"', 'members.value eq "{user}"'):
            search = {"filter": wanted.format(**ids)}
            answer = await ingress.send("POST", f"{path}/.search", search)
            about_groups = path == "/Users" and wanted.startswith("members")
            assert answer.status_code == (400 if about_groups else 200), (path, wanted)
            assert answer.json().get("totalResults", 0) == 0, (path, wanted)


async def test_a_member_of_another_connection_is_nobody(
    ingress: Ingress, victim: Ingress, ids: dict[str, str]
) -> None:
    before = await stored(victim)
    group = await ingress.group("Thieves", ids["user"], ids["group"])
    added = {"op": "add", "path": "members", "value": [{"value": ids["user"]}]}
    assert (await ingress.patch(f"/Groups/{group}", added)).status_code < 500
    assert await ingress.members(group) == []
    assert await stored(victim) == before


async def test_the_same_names_stand_beside_each_other(
    ingress: Ingress, victim: Ingress, ids: dict[str, str]
) -> None:
    own = {"user": await ingress.user("ada", externalId="ada", displayName="Ada")}
    own["group"] = await ingress.group("Weavers", own["user"])
    assert await ingress.found("/Users", 'userName eq "ada"') == [own["user"]]
    assert await victim.found("/Users", 'userName eq "ada"') == [ids["user"]]
    await ingress.send("DELETE", f"/Users/{own['user']}")
    assert await victim.members(ids["group"]) == [ids["user"]]


async def test_a_token_does_not_open_another_connection(ingress: Ingress, victim: Ingress) -> None:
    theirs = f"{victim.http.base_url}Users"
    answer = await ingress.http.get(theirs)
    assert answer.status_code == 401


async def test_a_cursor_of_another_connection_leads_nowhere(
    ingress: Ingress, victim: Ingress, ids: dict[str, str]
) -> None:
    await victim.user("ben")
    first = await victim.http.get("/Users", params={"cursor": "", "count": 1})
    cursor = first.json()["nextCursor"]
    answer = await ingress.http.get("/Users", params={"cursor": cursor, "count": 1})
    assert answer.status_code == 400
    assert ids["user"] not in answer.text
