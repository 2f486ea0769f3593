"""Which identities does a write mark, and what does a deletion leave?"""

from api.directory.identity_rows import LANE_NUMBERS
from contracts.topology import Lane
from tests.drivers.in_process import Ingress


async def test_a_deleted_user_leaves_its_groups_but_keeps_their_names(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ada, ben)
    version = (await ingress.send("GET", f"/Groups/{group}")).headers["etag"]
    await ingress.settle()
    assert (await ingress.send("DELETE", f"/Users/{ada}")).status_code == 204
    assert (await ingress.send("GET", f"/Users/{ada}")).status_code == 404
    assert await ingress.members(group) == [ben]
    assert (await ingress.send("GET", f"/Groups/{group}")).headers["etag"] != version
    identity = await ingress.identity(ada)
    assert identity["deleted"]
    assert identity["groups"] == ["Weavers"]
    assert identity["dirty_lane"] == LANE_NUMBERS[Lane.URGENT]
    assert identity["deactivated_at"] == identity["version"]
    assert await ingress.marked() == {ada}


async def test_who_is_deleted_while_inactive_is_not_deactivated_again(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    await ingress.patch(f"/Users/{ada}", {"op": "replace", "path": "active", "value": "False"})
    left = (await ingress.identity(ada))["deactivated_at"]
    await ingress.send("DELETE", f"/Users/{ada}")
    assert (await ingress.identity(ada))["deactivated_at"] == left


async def test_a_userName_is_free_after_a_deletion(ingress: Ingress) -> None:  # noqa: N802
    ada = await ingress.user("ada")
    await ingress.send("DELETE", f"/Users/{ada}")
    assert await ingress.user("ADA") != ada
    assert len(await ingress.identities()) == 2


async def test_groups_of_a_user_are_shown_but_no_part_of_its_version(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    before = await ingress.send("GET", f"/Users/{ada}")
    group = await ingress.group("Weavers", ada)
    after = await ingress.send("GET", f"/Users/{ada}")
    assert after.headers["etag"] == before.headers["etag"]
    assert after.json()["groups"] == [
        {
            "value": group,
            "$ref": f"https://muster.test/scim/v2/{ingress.connection}/Groups/{group}",
            "display": "Weavers",
            "type": "direct",
        }
    ]
    assert await ingress.found("/Users", 'groups.display eq "weavers"') == [ada]
    assert await ingress.found("/Groups", f'members eq "{ada}"') == [group]


async def test_a_nested_group_stays_a_group(ingress: Ingress) -> None:
    inner = await ingress.group("Inner")
    outer = await ingress.group("Outer", inner)
    [member] = (await ingress.send("GET", f"/Groups/{outer}")).json()["members"]
    assert member["type"] == "Group"
    assert await ingress.identities() == []
    await ingress.send("DELETE", f"/Groups/{inner}")
    assert await ingress.members(outer) == []


async def test_a_group_that_is_made_with_members_marks_them(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    await ingress.group("Weavers", ada)
    assert await ingress.marked() == {ada}
    assert (await ingress.identity(ben))["dirty_lane"] is None


async def test_a_put_that_renames_and_moves_marks_everybody_once(ingress: Ingress) -> None:
    ada, ben, cy = [await ingress.user(name) for name in ("ada", "ben", "cy")]
    group = await ingress.group("Weavers", ada, ben)
    await ingress.settle()
    versions = {row["id"]: row["version"] for row in await ingress.identities()}
    body = {"displayName": "Spinners", "members": [{"value": ben}, {"value": cy}]}
    answer = await ingress.send("PUT", f"/Groups/{group}", body)
    assert answer.status_code == 200
    assert await ingress.marked() == {ada, ben, cy}
    rows = await ingress.identities()
    assert all(row["version"] > versions[row["id"]] for row in rows)


async def test_a_title_marks_nobody(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    await ingress.settle()
    await ingress.patch(f"/Users/{ada}", {"op": "add", "path": "title", "value": "Weaver"})
    assert await ingress.marked() == set()


async def test_a_group_read_without_members_shows_none(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    answer = await ingress.send("GET", f"/Groups/{group}?excludedAttributes=members")
    assert "members" not in answer.json()
    answer = await ingress.send("GET", "/Groups?attributes=displayName")
    assert answer.json()["Resources"][0]["displayName"] == "Weavers"


async def test_a_search_of_everything_finds_users_and_groups(ingress: Ingress) -> None:
    ada = await ingress.user("ada", displayName="Anna")
    group = await ingress.group("Anna's")
    found = (await ingress.send("GET", '/?filter=displayName sw "anna"&sortBy=displayName')).json()
    assert [resource["id"] for resource in found["Resources"]] == [ada, group]
    asked = {"filter": 'userName pr or meta.resourceType eq "Group"', "sortBy": "meta.created"}
    found = (await ingress.send("POST", "/.search", asked)).json()
    assert [resource["id"] for resource in found["Resources"]] == [ada, group]


async def test_an_active_that_is_taken_away_changes_nobody(ingress: Ingress) -> None:
    for active in (True, False):
        user = await ingress.user(f"ada-{active}", active=active)
        await ingress.settle()
        remove = {"op": "remove", "path": "active"}
        assert (await ingress.patch(f"/Users/{user}", remove)).status_code == 200
        assert "active" not in (await ingress.send("GET", f"/Users/{user}")).json()
        assert (await ingress.identity(user))["active"] is active
        assert await ingress.marked() == set()
        await ingress.patch(
            f"/Users/{user}", {"op": "replace", "path": "active", "value": not active}
        )
        assert (await ingress.identity(user))["active"] is not active
