"""Which calls does Okta make for groups that are pushed, linked and imported?"""

from tests.drivers.in_process import GROUP, Ingress
from tests.identity_providers.answers import page_of, resource_of


async def people(ingress: Ingress, *names: str) -> list[str]:
    """Assign people and return their ids."""
    return [await ingress.user(f"{name}@mill.test") for name in names]


async def test_a_push_looks_up_the_name_and_makes_an_empty_group(ingress: Ingress) -> None:
    look_up = '/Groups?filter=displayName eq "Winders"&startIndex=1&count=100'
    assert page_of(await ingress.send("GET", look_up))["totalResults"] == 0
    body = {"schemas": [GROUP], "displayName": "Winders", "members": []}
    group = resource_of(await ingress.send("POST", "/Groups", body), 201)
    assert (group["displayName"], group["schemas"]) == ("Winders", [GROUP])
    assert not group.get("members")
    assert resource_of(await ingress.send("GET", f"/Groups/{group['id']}")) == group


async def test_a_link_finds_the_group_fills_it_and_says_its_name_again(ingress: Ingress) -> None:
    group = await ingress.group("Winders")
    (ivy,) = await people(ingress, "ivy")
    assert await ingress.found("/Groups", 'displayName eq "Winders"') == [group]
    members = [{"value": ivy, "display": "ivy@mill.test"}]
    fill = {"op": "replace", "path": "members", "value": members}
    name = {"op": "replace", "value": {"id": group, "displayName": "Winders"}}
    for operation in (fill, name):
        assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
        found = resource_of(await ingress.send("GET", f"/Groups/{group}"))
        assert found["displayName"] == "Winders"
        assert [member["value"] for member in found["members"]] == [ivy]


async def test_one_patch_takes_members_out_and_in(ingress: Ingress) -> None:
    ivy, jon, kim = await people(ingress, "ivy", "jon", "kim")
    group = await ingress.group("Winders", ivy, jon)
    answer = await ingress.patch(
        f"/Groups/{group}",
        {"op": "remove", "path": f'members[value eq "{ivy}"]'},
        {"op": "add", "path": "members", "value": [{"value": kim, "display": "kim@mill.test"}]},
    )
    assert answer.status_code in {200, 204}
    assert await ingress.members(group) == sorted([jon, kim])


async def test_who_is_no_member_can_be_taken_out(ingress: Ingress) -> None:
    ivy, jon = await people(ingress, "ivy", "jon")
    group = await ingress.group("Winders", ivy)
    for stranger in (jon, "00u-never-seen"):
        operation = {"op": "remove", "path": f'members[value eq "{stranger}"]'}
        assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
    assert await ingress.members(group) == [ivy]


async def test_a_full_push_replaces_whoever_was_there(ingress: Ingress) -> None:
    ivy, jon = await people(ingress, "ivy", "jon")
    group = await ingress.group("Winders", ivy)
    members = [{"value": jon, "display": "jon@mill.test"}]
    operation = {"op": "replace", "path": "members", "value": members}
    assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
    assert await ingress.members(group) == [jon]


async def test_an_import_reads_groups_with_their_members(ingress: Ingress) -> None:
    (ivy,) = await people(ingress, "ivy")
    group = await ingress.group("Winders", ivy)
    for query in ("startIndex=1&count=100", 'filter=displayName eq "Winders"&count=100'):
        (found,) = page_of(await ingress.send("GET", f"/Groups?{query}"))["Resources"]
        assert (found["id"], found["displayName"]) == (group, "Winders")
        assert [(each["value"], each["type"]) for each in found["members"]] == [(ivy, "User")]


async def test_a_hundred_changes_of_members_come_in_one_patch(ingress: Ingress) -> None:
    bodies = [{"method": "POST", "path": "/Users", "bulkId": str(n), "data": {"userName": f"u{n}"}}
              for n in range(100)]  # fmt: skip
    made = (await ingress.send("POST", "/Bulk", {"Operations": bodies})).json()["Operations"]
    ids = [each["location"].rpartition("/")[2] for each in made]
    group = await ingress.group("Winders")
    add = {"op": "add", "path": "members", "value": [{"value": id_} for id_ in ids]}
    assert (await ingress.patch(f"/Groups/{group}", add)).status_code in {200, 204}
    assert await ingress.members(group) == sorted(ids)
    removals = [{"op": "remove", "path": f'members[value eq "{id_}"]'} for id_ in ids]
    assert (await ingress.patch(f"/Groups/{group}", *removals)).status_code in {200, 204}
    assert await ingress.members(group) == []
