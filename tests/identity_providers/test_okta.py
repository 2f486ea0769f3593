"""Does Okta get along with us, and what do its calls leave in the directory?"""

from api.directory.identity_rows import LANE_NUMBERS
from contracts.topology import Lane
from tests.drivers.in_process import GROUP, USER, Ingress

ADA = "ada@acme.test"


def assigned(user_name: str = ADA, **changes: object) -> dict[str, object]:
    """Return what Okta POSTs when somebody is assigned to the app."""
    return {
        "schemas": [USER],
        "userName": user_name,
        "name": {"givenName": "Ada", "familyName": "Quill"},
        "emails": [{"primary": True, "value": user_name, "type": "work"}],
        "displayName": "Ada Quill",
        "locale": "en-US",
        "externalId": "00u1ero7vZFVEIYLWPBN",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    } | changes


async def test_api_credentials_are_tested_with_two_reads(ingress: Ingress) -> None:
    for path in ("/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"):
        answer = await ingress.send("GET", path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/scim+json"
        assert answer.json()["totalResults"] == 0


async def test_wrong_credentials_are_refused_with_a_detail(ingress: Ingress) -> None:
    for authorization in ("Bearer wrong", "wrong", ""):
        answer = await ingress.send("GET", "/Users", authorization=authorization)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == "401"
        assert answer.json()["detail"]
        was_sent = 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert was_sent == bool(authorization)


async def test_an_assignment_makes_a_dirty_identity(ingress: Ingress) -> None:
    answer = await ingress.send("POST", "/Users", assigned(), **{"x-correlation-id": "okta-1"})
    assert answer.status_code == 201
    assert "password" not in answer.json()
    [identity] = await ingress.identities()
    assert identity["id"] == answer.json()["id"]
    assert identity["active"]
    assert identity["ever_active"]
    assert identity["dirty_lane"] == LANE_NUMBERS[Lane.BULK]
    assert identity["correlation_id"] == "okta-1"
    assert identity["profile"] == {
        "user_name": ADA,
        "email": ADA,
        "display_name": "Ada Quill",
        "given_name": "Ada",
        "family_name": "Quill",
        "external_id": "00u1ero7vZFVEIYLWPBN",
    }


async def test_a_second_assignment_is_a_conflict_whatever_the_case(ingress: Ingress) -> None:
    await ingress.send("POST", "/Users", assigned())
    answer = await ingress.send("POST", "/Users", assigned("Ada@ACME.test"))
    assert answer.status_code == 409
    assert answer.json()["scimType"] == "uniqueness"
    assert len(await ingress.identities()) == 1


async def test_a_profile_push_by_put_reaches_the_identity(ingress: Ingress) -> None:
    user = (await ingress.send("POST", "/Users", assigned())).json()
    await ingress.settle()
    user["name"]["givenName"] = "Adele"
    answer = await ingress.send("PUT", f"/Users/{user['id']}", user)
    assert answer.status_code == 200
    identity = await ingress.identity(user["id"])
    assert identity["profile"]["given_name"] == "Adele"
    assert identity["dirty_lane"] == LANE_NUMBERS[Lane.BULK]


async def test_a_put_that_changes_nothing_marks_nobody(ingress: Ingress) -> None:
    user = (await ingress.send("POST", "/Users", assigned())).json()
    await ingress.settle()
    answer = await ingress.send("PUT", f"/Users/{user['id']}", user)
    assert answer.json()["meta"]["version"] == user["meta"]["version"]
    assert await ingress.marked() == set()


async def test_a_deactivation_is_urgent_and_names_the_rule_of_that_moment(
    ingress: Ingress,
) -> None:
    id_ = await ingress.user(ADA)
    await ingress.settle()
    answer = await ingress.patch(f"/Users/{id_}", {"op": "replace", "value": {"active": False}})
    assert answer.status_code == 200
    assert answer.json()["active"] is False
    identity = await ingress.identity(id_)
    assert not identity["active"]
    assert identity["deactivated_at"] == identity["version"]
    assert identity["deactivation"] == {"do": "remove-employee"}
    assert identity["dirty_lane"] == LANE_NUMBERS[Lane.URGENT]


async def test_a_deactivated_user_stays_readable_and_comes_back_with_its_id(
    ingress: Ingress,
) -> None:
    id_ = await ingress.user(ADA)
    await ingress.patch(f"/Users/{id_}", {"op": "replace", "value": {"active": False}})
    assert await ingress.found("/Users", f'userName eq "{ADA}"') == [id_]
    await ingress.send("PUT", f"/Users/{id_}", assigned(id=id_))
    identity = await ingress.identity(id_)
    assert identity["active"]
    assert identity["dirty_lane"] == LANE_NUMBERS[Lane.URGENT]


async def test_a_put_that_does_not_mention_active_leaves_it(ingress: Ingress) -> None:
    id_ = await ingress.user(ADA, active=False)
    body = {"schemas": [USER], "userName": ADA, "title": "Weaver"}
    answer = await ingress.send("PUT", f"/Users/{id_}", body)
    assert answer.json()["active"] is False


async def test_a_password_sync_changes_nothing(ingress: Ingress) -> None:
    id_ = await ingress.user(ADA)
    await ingress.settle()
    answer = await ingress.patch(f"/Users/{id_}", {"op": "replace", "value": {"password": "s3"}})
    assert answer.status_code == 200
    assert await ingress.marked() == set()


async def test_a_group_push_creates_fills_renames_and_deletes(ingress: Ingress) -> None:
    ada, ben, cy = [await ingress.user(f"{name}@acme.test") for name in ("ada", "ben", "cy")]
    group = await ingress.group("Weavers")
    await ingress.settle()

    add = {"op": "add", "path": "members", "value": [{"value": ada, "display": ADA}]}
    answer = await ingress.patch(f"/Groups/{group}", add)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await ingress.marked() == {ada}

    await ingress.settle()
    remove = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    more = {"op": "add", "path": "members", "value": [{"value": ben}, {"value": cy}]}
    await ingress.patch(f"/Groups/{group}", remove, more)
    assert await ingress.members(group) == sorted([ben, cy])
    assert await ingress.marked() == {ada, ben, cy}

    await ingress.settle()
    rename = {"op": "replace", "value": {"id": group, "displayName": "Spinners"}}
    assert (await ingress.patch(f"/Groups/{group}", rename)).status_code == 204
    assert await ingress.marked() == {ben, cy}

    await ingress.settle()
    assert (await ingress.patch(f"/Groups/{group}", rename)).status_code == 204
    assert await ingress.marked() == set()

    assert (await ingress.send("DELETE", f"/Groups/{group}")).status_code == 204
    assert await ingress.marked() == {ben, cy}


async def test_an_unknown_member_does_not_fail_the_push(ingress: Ingress) -> None:
    ada = await ingress.user(ADA)
    group = await ingress.group("Weavers")
    members = [{"value": ada}, {"value": "00unknown"}, {"value": ada, "display": ADA}]
    answer = await ingress.patch(
        f"/Groups/{group}", {"op": "replace", "path": "members", "value": members}
    )
    assert answer.status_code == 204
    answer = await ingress.send("GET", f"/Groups/{group}")
    assert answer.json()["members"] == [
        {
            "value": ada,
            "$ref": f"{ingress.http.base_url}Users/{ada}",
            "type": "User",
            "display": ADA,
        }
    ]


async def test_a_full_push_of_nobody_empties_the_group(ingress: Ingress) -> None:
    ada = await ingress.user(ADA)
    group = await ingress.group("Weavers", ada)
    await ingress.settle()
    await ingress.patch(f"/Groups/{group}", {"op": "replace", "path": "members", "value": []})
    assert await ingress.members(group) == []
    assert await ingress.marked() == {ada}


async def test_a_second_group_of_the_same_name_is_a_conflict(ingress: Ingress) -> None:
    await ingress.group("Weavers")
    body = {"schemas": [GROUP], "displayName": "WEAVERS"}
    assert (await ingress.send("POST", "/Groups", body)).status_code == 409
