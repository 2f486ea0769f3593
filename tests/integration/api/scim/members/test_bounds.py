"""Does a user get into more groups than one event can tell? Refused where it would come about."""

from collections.abc import Sequence
from typing import Any

import httpx2
from sqlalchemy import insert

from api.directory.tables import GroupRow, Membership
from api.scim.protocol.limits import LONGEST_NAME, MOST_GROUP_BYTES, MOST_GROUPS_OF_ONE
from contracts.clock import now
from contracts.names import name_key
from tests.drivers.in_process import GROUP, Ingress
from tests.identity_providers.answers import error_of


async def in_groups(ingress: Ingress, user: str, names: Sequence[str]) -> list[str]:
    """Put a user into groups of these names, as they are stored, and return their ids."""
    groups: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for number, name in enumerate(names):
        resource = {"schemas": [GROUP], "displayName": name}
        of = {"connection_id": ingress.connection}
        key = {"display_name": name, "display_name_key": name_key(name)}
        stored = {"resource": resource, "comparable": {}, "created_at": now(), "modified_at": now()}
        groups.append({"id": f"{number:032x}", "revision": 1} | of | key | stored)
        members.append(
            {"group_id": f"{number:032x}", "member_id": user, "member_type": "User"} | of
        )
    async with ingress.database.write() as db:
        await db.execute(insert(GroupRow), groups)
        await db.execute(insert(Membership), members)
    return [group["id"] for group in groups]


def long_names(most: int) -> list[str]:
    """Return names of so many bytes as JSON together, most of them as long as they may be."""
    each = LONGEST_NAME + len('""')
    names = [f"{number:05d}".ljust(LONGEST_NAME, "n") for number in range(most // each)]
    rest = most % each - len('""')
    return [*names, "r" * rest] if rest > 0 else names


def refused(answer: httpx2.Response, user: str) -> None:
    detail = error_of(answer, 400, "invalidValue")
    assert user in detail
    assert str(MOST_GROUPS_OF_ONE) in detail
    assert str(MOST_GROUP_BYTES) in detail


def adding(user: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": user}]}


async def test_names_may_have_so_many_bytes_together(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await in_groups(ingress, ada, long_names(MOST_GROUP_BYTES - 12))
    eleven, ten = await ingress.group("n" * 11), await ingress.group("t" * 10)
    refused(await ingress.patch(f"/Groups/{eleven}", adding(ada)), ada)
    both = {
        "schemas": [GROUP],
        "displayName": "n" * 11,
        "members": [{"value": ben}, {"value": ada}],
    }
    refused(await ingress.send("PUT", f"/Groups/{eleven}", both), ada)
    refused(await ingress.send("POST", "/Groups", both | {"displayName": "p" * 11}), ada)
    assert await ingress.members(eleven) == []
    assert await ingress.found("/Groups", f'displayName eq "{"p" * 11}"') == []
    assert (await ingress.patch(f"/Groups/{eleven}", adding(ben))).status_code == 204
    assert (await ingress.patch(f"/Groups/{ten}", adding(ada))).status_code == 204
    assert (await ingress.patch(f"/Groups/{ten}", adding(ada))).status_code == 204, "it is in it"


async def test_a_longer_name_of_a_group_counts_for_its_members(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    groups = await in_groups(ingress, ada, long_names(MOST_GROUP_BYTES - 12))
    group = await ingress.group("n" * 10, ada)
    for name, status in (("l" * 11, 400), ("s" * 9, 204), ("t" * 10, 204), ("u" * 11, 400)):
        answer = await ingress.patch(
            f"/Groups/{group}", {"op": "replace", "path": "displayName", "value": name}
        )
        assert answer.status_code == status, answer.text
    refused(answer, ada)
    shorter = {"op": "replace", "path": "displayName", "value": "shorter"}
    assert (await ingress.patch(f"/Groups/{groups[0]}", shorter)).status_code == 204
    longer = {"op": "replace", "path": "displayName", "value": "u" * 11}
    assert (await ingress.patch(f"/Groups/{group}", longer)).status_code == 204


async def test_there_may_be_so_many_groups(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    groups = await in_groups(ingress, ada, [f"{number:x}" for number in range(MOST_GROUPS_OF_ONE)])
    one_more = await ingress.group("One more")
    refused(await ingress.patch(f"/Groups/{one_more}", adding(ada)), ada)
    leaving = {"op": "remove", "path": "members", "value": [{"value": ada}]}
    assert (await ingress.patch(f"/Groups/{groups[0]}", leaving)).status_code == 204
    assert (await ingress.patch(f"/Groups/{one_more}", adding(ada))).status_code == 204


async def test_one_of_many_who_come_is_found_before_anybody_comes(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    await in_groups(ingress, ada, long_names(MOST_GROUP_BYTES))
    strangers = [{"value": f"{number:032x}"} for number in range(10_000, 13_000)]
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": [*strangers, {"value": ada}]}
    refused(await ingress.send("POST", "/Groups", body), ada)
    assert await ingress.found("/Groups", 'displayName eq "Weavers"') == []
    group = await ingress.group("Weavers")
    refused(await ingress.send("PUT", f"/Groups/{group}", body), ada)
    assert await ingress.members(group) == []
