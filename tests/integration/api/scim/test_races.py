"""Do requests at the same moment lose, double or refuse anything?"""

import asyncio
from collections import Counter
from typing import Any

from tests.drivers.in_process import GROUP, PATCH, USER, Ingress

MANY = 16


async def test_of_many_users_with_one_name_one_is_made(ingress: Ingress) -> None:
    bodies = [{"schemas": [USER], "userName": f"{'aA'[n % 2]}da@acme.test"} for n in range(MANY)]
    answers = await asyncio.gather(*(ingress.send("POST", "/Users", body) for body in bodies))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: MANY - 1}
    assert len(await ingress.identities()) == 1


async def test_of_many_groups_with_one_name_one_is_made(ingress: Ingress) -> None:
    body = {"schemas": [GROUP], "displayName": "Weavers"}
    answers = await asyncio.gather(*(ingress.send("POST", "/Groups", body) for _ in range(MANY)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: MANY - 1}


async def test_parallel_members_are_all_kept(ingress: Ingress) -> None:
    users = [await ingress.user(f"user{number}") for number in range(MANY)]
    group = await ingress.group("Weavers")
    answers = await asyncio.gather(
        *(
            ingress.patch(
                f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": user}]}
            )
            for user in users
        )
    )
    assert {answer.status_code for answer in answers} == {204}
    assert await ingress.members(group) == sorted(users)


async def test_parallel_changes_of_one_user_are_all_kept(ingress: Ingress) -> None:
    user = await ingress.user("ada")
    paths = ("title", "nickName", "locale", "timezone", "userType", "name.givenName")
    answers = await asyncio.gather(
        *(
            ingress.patch(f"/Users/{user}", {"op": "add", "path": path, "value": path})
            for path in paths
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    found = (await ingress.send("GET", f"/Users/{user}")).json()
    assert [found[path] for path in paths[:-1]] == list(paths[:-1])
    assert found["name"] == {"givenName": "name.givenName"}


async def test_groups_with_common_members_are_written_at_once(ingress: Ingress) -> None:
    users = [await ingress.user(f"user{number}") for number in range(6)]
    groups = [await ingress.group(f"group{number}", *users) for number in range(4)]
    operations = [{"op": "replace", "path": "displayName"}, {"op": "remove", "path": "members"}]
    answers = await asyncio.gather(
        *(ingress.patch(f"/Groups/{g}", operations[0] | {"value": f"new {g}"}) for g in groups),
        *(ingress.patch(f"/Groups/{group}", operations[1]) for group in groups[2:]),
        *(ingress.send("DELETE", f"/Users/{user}") for user in users[:3]),
        ingress.send("DELETE", f"/Groups/{groups[1]}"),
    )
    assert {answer.status_code for answer in answers} <= {204, 404}
    assert await ingress.members(groups[0]) == sorted(users[3:])


async def test_only_one_of_two_holders_of_a_version_may_write(ingress: Ingress) -> None:
    user = await ingress.user("ada")
    version = (await ingress.send("GET", f"/Users/{user}")).headers["etag"]
    bodies = [
        {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": title}]}
        for title in ("Weaver", "Spinner")
    ]
    answers = await asyncio.gather(
        *(ingress.send("PATCH", f"/Users/{user}", body, **{"if-match": version}) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_bulk_requests_with_common_groups_run_at_once(ingress: Ingress) -> None:
    users = [await ingress.user(f"user{number}") for number in range(6)]
    groups = [await ingress.group(f"group{number}") for number in range(3)]

    def request(number: int) -> dict[str, Any]:
        member = [{"value": users[number]}]
        fill = {"op": "add", "path": "members", "value": member}
        names = [f"circle{number}-{part}" for part in "ab"]
        turned = groups[number % 3 :] + groups[: number % 3]
        patches: list[dict[str, Any]] = [
            {"method": "PATCH", "path": f"/Groups/{group}", "data": {"Operations": [fill]}}
            for group in turned
        ]
        circle: list[dict[str, Any]] = [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": name,
                "data": {
                    "displayName": name,
                    "members": [{"value": f"bulkId:{other}"}, *({"value": user} for user in users)],
                },
            }
            for name, other in zip(names, reversed(names), strict=True)
        ]
        return {"Operations": [*patches, *circle]}

    answers = await asyncio.gather(
        *(ingress.send("POST", "/Bulk", request(number)) for number in range(len(users)))
    )
    statuses = Counter(each["status"] for answer in answers for each in answer.json()["Operations"])
    assert statuses == {"200": 18, "201": 12}
    for group in groups:
        assert await ingress.members(group) == sorted(users)
    assert await ingress.marked() == set(users)
