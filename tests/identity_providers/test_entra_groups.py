"""Which calls does Entra ID make for groups, five of them at a time?"""

import asyncio
from typing import Any

import pytest

from tests.drivers.in_process import GROUP, PATCH, Ingress
from tests.identity_providers.answers import error_of, page_of, resource_of

MARKER = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


async def people(ingress: Ingress, number: int) -> list[str]:
    """Make people and return their ids."""
    return [await ingress.user(f"leo{each}@kiln.test") for each in range(number)]


async def test_a_group_comes_with_a_marker_and_is_found_by_both_names(ingress: Ingress) -> None:
    body = {
        "schemas": [GROUP, MARKER],
        "externalId": "g-1",
        "displayName": "Glazers",
        "meta": {"resourceType": "Group"},
    }
    group = resource_of(await ingress.send("POST", "/Groups", body), 201)
    assert (group["externalId"], group["schemas"]) == ("g-1", [GROUP])
    for look_up in ('displayName eq "GLAZERS"', 'externalId eq "g-1"'):
        page = page_of(
            await ingress.send("GET", f"/Groups?excludedAttributes=members&filter={look_up}")
        )
        assert [each["id"] for each in page["Resources"]] == [group["id"]]


async def test_a_second_group_of_a_name_is_refused(ingress: Ingress) -> None:
    await ingress.group("Glazers")
    body = {"schemas": [GROUP], "displayName": "Glazers"}
    error_of(await ingress.send("POST", "/Groups", body), 409, "uniqueness")


async def test_a_group_is_renamed_by_paths(ingress: Ingress) -> None:
    group = await ingress.group("Glazers")
    names = {"displayName": "Throwers", "externalId": "g-2"}
    operations = [{"op": "Replace", "path": path, "value": name} for path, name in names.items()]
    await ingress.patch(f"/Groups/{group}", *operations)
    found = resource_of(await ingress.send("GET", f"/Groups/{group}"))
    assert {name: found[name] for name in names} == names


async def test_a_group_is_deleted_once(ingress: Ingress) -> None:
    group = await ingress.group("Glazers")
    assert (await ingress.send("DELETE", f"/Groups/{group}")).status_code == 204
    for method in ("GET", "DELETE"):
        error_of(await ingress.send(method, f"/Groups/{group}"), 404)


async def test_a_group_is_read_without_its_members(ingress: Ingress) -> None:
    (leo,) = await people(ingress, 1)
    group = await ingress.group("Glazers", leo)
    alone = resource_of(await ingress.send("GET", f"/Groups/{group}?excludedAttributes=members"))
    listed = page_of(
        await ingress.send(
            "GET", '/Groups?filter=displayName eq "Glazers"&excludedAttributes=members'
        )
    )["Resources"]
    for shown in (alone, *listed):
        assert (shown["id"], shown["displayName"]) == (group, "Glazers")
        assert "members" not in shown
    assert await ingress.members(group) == [leo]


async def test_members_are_added_one_by_one_and_several_at_once(ingress: Ingress) -> None:
    first, second, third = await people(ingress, 3)
    group = await ingress.group("Glazers")
    for members in (
        [{"$ref": None, "value": first}],
        [{"value": second}, {"value": third}],
        [{"value": second}],
    ):
        operation = {"op": "Add", "path": "members", "value": members}
        assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
    assert await ingress.members(group) == sorted([first, second, third])


@pytest.mark.parametrize("form", ["objects", "with null references", "bare ids", "one object"])
async def test_only_members_that_are_named_in_the_value_are_removed(
    ingress: Ingress, form: str
) -> None:
    first, second, third = await people(ingress, 3)
    group = await ingress.group("Glazers", first, second, third)
    values: dict[str, Any] = {
        "objects": [{"value": first}, {"value": second}],
        "with null references": [{"$ref": None, "value": first}, {"$ref": None, "value": second}],
        "bare ids": [first, second],
        "one object": {"value": first},
    }
    operation = {"op": "Remove", "path": "members", "value": values[form]}
    assert (await ingress.patch(f"/Groups/{group}", operation)).status_code in {200, 204}
    left = [second, third] if form == "one object" else [third]
    assert await ingress.members(group) == sorted(left)


async def test_a_removal_of_all_members_names_nobody(ingress: Ingress) -> None:
    group = await ingress.group("Glazers", *await people(ingress, 2))
    await ingress.patch(f"/Groups/{group}", {"op": "Remove", "path": "members"})
    assert await ingress.members(group) == []


async def test_one_patch_adds_and_removes(ingress: Ingress) -> None:
    first, second = await people(ingress, 2)
    group = await ingress.group("Glazers", first)
    body = {
        "schemas": [PATCH],
        "id": group,
        "externalId": "g-1",
        "Operations": [
            {"name": "addMember", "op": "Add", "path": "members", "value": [{"value": second}]},
            {
                "name": "removeMember",
                "op": "Remove",
                "path": "members",
                "value": [{"value": first}],
            },
        ],
    }
    assert (await ingress.send("PATCH", f"/Groups/{group}", body)).status_code in {200, 204}
    assert await ingress.members(group) == [second]


async def test_members_that_come_in_parallel_are_all_kept(ingress: Ingress) -> None:
    users = await people(ingress, 8)
    group = await ingress.group("Glazers")
    answers = await asyncio.gather(
        *(
            ingress.patch(
                f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": user}]}
            )
            for user in users
        )
    )
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert await ingress.members(group) == sorted(users)
