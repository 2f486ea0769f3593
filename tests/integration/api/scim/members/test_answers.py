"""Which members does an answer show, and what is said of those that cannot be read?"""

from typing import Any

import pytest
from pydantic import ValidationError
from scim2_models import Context, Error, Group
from structlog.testing import capture_logs

from api.fairness.work import LARGE_WORK
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from tests.drivers.in_process import GROUP, PATCH, Ingress

STRANGER = "0" * 32


async def test_every_answer_with_a_group_shows_its_members(ingress: Ingress) -> None:
    ada, ben = sorted([await ingress.user("ada"), await ingress.user("ben")])
    inner = await ingress.group("Inner")
    wanted = [{"value": ada, "display": 'Ada "Æ"\n\\'}, {"value": ben}, {"value": inner}]
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": wanted}
    created = await ingress.send("POST", "/Groups", body)
    base = str(ingress.http.base_url).rstrip("/")
    users = [{"value": id_, "$ref": f"{base}/Users/{id_}", "type": "User"} for id_ in (ada, ben)]
    users[0]["display"] = 'Ada "Æ"\n\\'
    group = {"value": inner, "$ref": f"{base}/Groups/{inner}", "type": "Group"}
    expected = sorted([*users, group], key=lambda member: member["value"])
    assert created.json()["members"] == expected
    path = f"/Groups/{created.json()['id']}"
    answers = [
        await ingress.send("GET", path),
        await ingress.send("PUT", path, body),
        await ingress.send("PUT", path, body | {"displayName": "Spinners"}),
        await ingress.patch(f"{path}?attributes=members,meta", {"op": "add", "value": {}}),
    ]
    assert [answer.json()["members"] for answer in answers] == [expected] * 4
    for path in ("/Groups", "/"):
        answer = await ingress.send("GET", f'{path}?filter=displayName eq "spinners"')
        [found] = answer.json()["Resources"]
        assert found["members"] == expected
    asked = {"filter": 'displayName eq "spinners"', "attributes": ["members.value"]}
    [found] = (await ingress.send("POST", "/Groups/.search", asked)).json()["Resources"]
    assert found["members"] == [{"value": member["value"]} for member in expected]


async def test_labels_alone_are_shown_of_those_who_have_one(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    body = {"displayName": "Weavers", "members": [{"value": ada, "display": "A"}, {"value": ben}]}
    group = (await ingress.send("POST", "/Groups", body)).json()["id"]
    found = (await ingress.send("GET", f"/Groups/{group}?attributes=members.display")).json()
    assert found["members"] == [{"display": "A"}]
    await ingress.send("PUT", f"/Groups/{group}", {"displayName": "Weavers", "members": []})
    assert "members" not in (await ingress.send("GET", f"/Groups/{group}")).json()


@pytest.mark.parametrize(
    "members",
    [
        [{"value": STRANGER}, {"value": 5}],
        [{"value": STRANGER, "display": ["x", "y"]}],
        [{"value": STRANGER, "$ref": {}}],
        [[]],
        [None],
        5,
    ],
)
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)  # none is asked
async def test_a_bad_member_is_refused_in_the_words_of_the_library(
    ingress: Ingress, members: Any, many: bool
) -> None:
    if many and isinstance(members, list):
        members = [{"value": STRANGER}] * (LARGE_WORK // 40) + members
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": members}
    with pytest.raises(ValidationError) as problem, scim_provider(Limits()):
        Group.model_validate(body, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
    expected = Error.from_validation_errors(problem.value)[0]
    answer = await ingress.send("POST", "/Groups", body)
    assert answer.status_code == 400
    assert answer.json()["detail"] == expected.detail
    assert answer.json()["scimType"] == expected.scim_type
    group = await ingress.group("Weavers")
    answer = await ingress.send("PUT", f"/Groups/{group}", body)
    assert (answer.status_code, answer.json()["detail"]) == (400, expected.detail)


BAD_OPERATIONS: list[tuple[dict[str, Any], str]] = [
    ({"op": "add", "path": "members", "value": [{"value": 5}]}, "invalidValue"),
    ({"op": "add", "path": "members", "value": None}, "invalidValue"),
    ({"op": "add", "path": "members"}, "invalidValue"),
    ({"op": "move", "path": "members", "value": []}, "invalidValue"),
    ({"op": "remove", "path": "members[value eq]"}, "invalidPath"),
    ({"op": "remove", "path": 'members[colour eq "x"]'}, "invalidFilter"),
    ({"op": "remove", "path": 'member[value eq "x"]'}, "invalidPath"),
    ({"op": "remove", "path": "members", "value": [{}]}, "invalidValue"),
    ({"op": "replace", "path": 'members[display co "x"].type', "value": "y"}, "noTarget"),
    ({"op": "replace", "path": 'members[value eq "{ada}"].value', "value": "y"}, "mutability"),
]


async def test_a_bad_operation_on_members_is_refused_and_changes_nothing(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    version = (await ingress.send("GET", f"/Groups/{group}")).headers["etag"]
    before: list[dict[str, Any]] = [
        {"op": "replace", "path": "displayName", "value": "Spinners"},
        {"op": "add", "path": "members", "value": [{"value": ada, "display": "Ada"}]},
    ]
    for operation, scim_type in BAD_OPERATIONS:
        named = operation | {"path": operation["path"].replace("{ada}", ada)}
        answer = await ingress.patch(f"/Groups/{group}", *before, named)
        assert (answer.status_code, answer.json()["scimType"]) == (400, scim_type), operation
        shown = await ingress.send("GET", f"/Groups/{group}")
        assert shown.headers["etag"] == version, operation


async def test_who_is_unknown_is_counted_and_not_named(ingress: Ingress) -> None:
    ada, gone = await ingress.user("ada"), await ingress.user("ben")
    await ingress.send("DELETE", f"/Users/{gone}")
    strangers = [{"value": STRANGER}, {"value": "00unknown"}, {"value": gone}]
    body = {"displayName": "Weavers", "members": [*strangers, {"value": ada}]}
    with capture_logs() as logs:
        group = (await ingress.send("POST", "/Groups", body)).json()["id"]
        await ingress.send("PUT", f"/Groups/{group}", body)
        add = {"op": "add", "path": "members", "value": [{"value": ada}, *strangers]}
        await ingress.patch(f"/Groups/{group}", add)
    warned = [entry for entry in logs if entry["event"] == "unknown_members_dropped"]
    assert [entry["unknown"] for entry in warned] == [3, 3, 3]
    assert not any(stranger["value"] in str(logs) for stranger in strangers)
    assert await ingress.members(group) == [ada]
    assert not (await ingress.identity(gone))["groups"]


async def test_a_member_cannot_be_put_as_what_it_is_not(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    for kind, status in (("Group", 400), ("User", 200)):
        body = {"displayName": "Weavers", "members": [{"value": ada, "type": kind}]}
        answer = await ingress.send("PUT", f"/Groups/{group}", body)
        assert answer.status_code == status
        assert answer.json().get("scimType") == ("mutability" if status == 400 else None)


async def test_a_list_that_is_read_apart_is_stored_like_a_short_one(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    members = [{"value": f"{number:032x}"} for number in range(2_000)]
    body = {"displayName": "Weavers", "members": [*members, {"Value": ada, "display": "Ada"}]}
    group = (await ingress.send("POST", "/Groups", body)).json()["id"]
    [member] = (await ingress.send("GET", f"/Groups/{group}")).json()["members"]
    assert (member["value"], member["display"]) == (ada, "Ada")
    operations = [
        {"op": "add", "path": "members", "value": [*members, {"value": ada}]},
        {"op": "remove", "path": "members", "value": [*members, {"value": ada}]},
    ]
    whole = {"schemas": [PATCH], "Operations": operations}
    assert (await ingress.send("PATCH", f"/Groups/{group}", whole)).status_code == 204
    assert await ingress.members(group) == []
