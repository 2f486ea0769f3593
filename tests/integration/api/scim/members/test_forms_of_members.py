"""In which forms may members be sent? In all of them, in every request that names members."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.drivers.in_process import GROUP, Ingress

FORMS: Mapping[str, Callable[[str], Any]] = {
    "objects": lambda id_: [{"value": id_}],
    "one object": lambda id_: {"value": id_},
    "ids": lambda id_: [id_],
    "one id": lambda id_: id_,
    "a reference that is null": lambda id_: [{"$ref": None, "value": id_}],
    "JSON text": lambda id_: json.dumps([{"value": id_}]),
    "JSON text of one": lambda id_: json.dumps({"value": id_}),
    "JSON text of ids": lambda id_: json.dumps([id_]),
    "entries as JSON text": lambda id_: [json.dumps({"value": id_})],
    "values that are arrays": lambda id_: [{"value": [id_]}],
    "a type of the client's": lambda id_: [{"value": id_, "type": "value"}],
    "the type direct": lambda id_: [{"value": id_, "type": "direct"}],
    "an empty type": lambda id_: [{"value": id_, "type": ""}],
    "a type in lower case": lambda id_: [{"value": id_, "type": "user"}],
    "a type in capitals": lambda id_: [{"value": id_, "Type": "USER"}],
    "a copy of what is shown": lambda id_: [
        {"value": id_, "$ref": f"https://elsewhere.test/Users/{id_}", "type": "User"}
    ],
}
FORMS_AND_DATABASES = [
    *(("sqlite", form) for form in FORMS),
    *(("postgres", form) for form in ("objects", "JSON text")),
]
"""What is sent is read before a database is asked. Members that come as objects go another way than
all others there, of which one stands for all."""

in_every_form = pytest.mark.parametrize(
    ("shared_database_url", "form"), FORMS_AND_DATABASES, indirect=["shared_database_url"]
)

EMPTY: Mapping[str, Any] = {"a list": [], "a text": "", "a list of a text": [""]}


async def bulk(ingress: Ingress, *operations: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Send a bulk request and return how its operations went."""
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    answer = await ingress.send("POST", "/Bulk", {"schemas": schemas, "Operations": operations})
    assert answer.status_code == 200, answer.text
    went: list[Mapping[str, Any]] = answer.json()["Operations"]
    return went


@in_every_form
async def test_members_are_put_in_every_form(ingress: Ingress, form: str) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": FORMS[form](ada)}
    created = await ingress.send("POST", "/Groups", body)
    assert created.status_code == 201, created.text
    group = created.json()["id"]
    assert await ingress.members(group) == [ada]
    for member in (ada, ben, ada):
        answer = await ingress.send(
            "PUT", f"/Groups/{group}", body | {"members": FORMS[form](member)}
        )
        assert answer.status_code == 200, answer.text
        assert await ingress.members(group) == [member]
    assert answer.json()["members"][0]["type"] == "User"


@in_every_form
async def test_members_are_patched_in_every_form(ingress: Ingress, form: str) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    group = await ingress.group("Weavers", ben)
    for operation, members in (
        ({"op": "add", "path": "members", "value": FORMS[form](ada)}, {ada, ben}),
        ({"op": "remove", "path": "members", "value": FORMS[form](ada)}, {ben}),
        ({"op": "Add", "value": {"members": FORMS[form](ada)}}, {ada, ben}),
        ({"op": "Remove", "path": f"{GROUP}:members", "value": FORMS[form](ada)}, {ben}),
        ({"op": "replace", "path": "members", "value": FORMS[form](ada)}, {ada}),
        ({"op": "Replace", "value": {"Members": FORMS[form](ben)}}, {ben}),
        ({"op": "replace", "value": json.dumps({"members": FORMS[form](ada)})}, {ada}),
    ):
        answer = await ingress.patch(f"/Groups/{group}", operation)
        assert answer.status_code == 204, answer.text
        assert {*await ingress.members(group)} == members


@in_every_form
async def test_members_of_a_bulk_request_come_in_every_form(ingress: Ingress, form: str) -> None:
    user = {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"userName": "ada"}}
    data = {"schemas": [GROUP], "displayName": "Weavers", "members": FORMS[form]("bulkId:u")}
    made, group = await bulk(
        ingress, user, {"method": "POST", "path": "/Groups", "bulkId": "g", "data": data}
    )
    assert (made["status"], group["status"]) == ("201", "201")
    ada, id_ = made["location"].rpartition("/")[2], group["location"].rpartition("/")[2]
    assert await ingress.members(id_) == [ada]
    again = {"method": "PUT", "path": f"/Groups/{id_}"}
    patch = {"Operations": [{"op": "add", "path": "members", "value": FORMS[form](ada)}]}
    went = await bulk(
        ingress,
        again | {"data": data | {"members": ""}},
        {"method": "PATCH", "path": f"/Groups/{id_}", "data": patch},
        again | {"data": data | {"members": FORMS[form](ada)}},
    )
    assert all(one["status"].startswith("2") for one in went), went
    assert await ingress.members(id_) == [ada]


@pytest.mark.parametrize("empty", EMPTY)
async def test_nothing_is_nobody(ingress: Ingress, empty: str) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    for op in ("add", "remove"):
        for operation in ({"path": "members", "value": EMPTY[empty]},):
            answer = await ingress.patch(f"/Groups/{group}", {"op": op, **operation})
            assert answer.status_code == 204
            assert await ingress.members(group) == [ada], "nobody comes, and nobody goes"
    for operation in (
        {"path": "members", "value": EMPTY[empty]},
        {"value": {"members": EMPTY[empty]}},
    ):
        await ingress.patch(f"/Groups/{group}", {"op": "replace", **operation})
        assert await ingress.members(group) == []
        await ingress.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": ada})
    body = {"schemas": [GROUP], "displayName": "Weavers", "members": EMPTY[empty]}
    assert (await ingress.send("PUT", f"/Groups/{group}", body)).status_code == 200
    assert await ingress.members(group) == []


async def test_only_the_other_kind_contradicts(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    for kind in ("Group", "group", "GROUP"):
        members = [{"value": ada, "type": kind}]
        body = {"schemas": [GROUP], "displayName": "Weavers", "members": members}
        answer = await ingress.send("PUT", f"/Groups/{group}", body)
        assert (answer.status_code, answer.json()["scimType"]) == (400, "mutability")
        [went] = await bulk(ingress, {"method": "PUT", "path": f"/Groups/{group}", "data": body})
        assert went["status"] == "400"


async def test_what_a_client_calls_a_member_is_no_change(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    group = await ingress.group("Weavers", ada)
    for part, value in (("type", "value"), ("type", "user"), ("$ref", "https://x.test/Users/1")):
        path = f'members[value eq "{ada}"].{part}'
        answer = await ingress.patch(
            f"/Groups/{group}", {"op": "replace", "path": path, "value": value}
        )
        assert answer.status_code == 204, answer.text
    [member] = (await ingress.send("GET", f"/Groups/{group}")).json()["members"]
    assert member["type"] == "User"
    assert member["$ref"].endswith(f"acme-store/Users/{ada}")
