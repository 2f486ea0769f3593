"""Does a bulk request keep RFC 7644 section 3.7? References, circles, errors, limits, marks."""

from typing import Any

from tests.drivers.in_process import GROUP, PATCH, USER, Ingress
from tests.identity_providers.answers import error_of, page_of, resource_of

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Outcomes = list[dict[str, Any]]


def user(name: str, **attributes: Any) -> dict[str, Any]:
    """Return the creation of a user, whose bulkId is its name."""
    data = {"schemas": [USER], "userName": name, **attributes}
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": data}


def group(name: str, *members: str) -> dict[str, Any]:
    """Return the creation of a group, whose bulkId is its name."""
    data = {
        "schemas": [GROUP],
        "displayName": name,
        "members": [{"value": each} for each in members],
    }
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def managed_by(name: str) -> dict[str, Any]:
    """Return the part of a creation that names somebody else's as its manager."""
    return {ENTERPRISE: {"manager": {"value": f"bulkId:{name}"}}}


def patch(path: str, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a PATCH."""
    data = {"schemas": [PATCH], "Operations": list(operations)}
    return {"method": "PATCH", "path": path, "data": data, **more}


async def run(ingress: Ingress, *operations: dict[str, Any], **envelope: Any) -> Outcomes:
    """Send a bulk request and return how each operation went."""
    body = {"schemas": [REQUEST], "Operations": operations, **envelope}
    answer = resource_of(await ingress.send("POST", "/Bulk", body))
    assert answer["schemas"] == [RESPONSE]
    outcomes: Outcomes = answer["Operations"]
    assert all(isinstance(each["status"], str) for each in outcomes)
    return outcomes


def statuses(outcomes: Outcomes) -> list[str]:
    """Return the status of each outcome."""
    return [each["status"] for each in outcomes]


def id_of(outcome: dict[str, Any]) -> str:
    """Return the id of what an operation was about."""
    return str(outcome["location"].rpartition("/")[2])


async def test_operations_refer_to_what_others_make_whatever_the_order(ingress: Ingress) -> None:
    outcomes = await run(
        ingress,
        group("Weavers", "bulkId:ada", "bulkId:ben"),
        user("ada"),
        user("ben", **{ENTERPRISE: {"manager": {"value": "bulkId:ada"}}}),
        failOnErrors=1,
    )
    weavers, ada, ben = outcomes
    assert statuses(outcomes) == ["201"] * 3
    assert [each["bulkId"] for each in outcomes] == ["Weavers", "ada", "ben"]
    assert all("response" not in each for each in outcomes)
    assert await ingress.members(id_of(weavers)) == sorted(map(id_of, (ada, ben)))
    found = resource_of(await ingress.send("GET", ben["location"]))
    assert found[ENTERPRISE]["manager"]["value"] == id_of(ada)
    assert found["meta"]["version"] == ben["version"]
    assert await ingress.marked() == {id_of(ada), id_of(ben)}


async def test_a_path_refers_to_what_another_operation_makes(ingress: Ingress) -> None:
    outcomes = await run(
        ingress,
        patch("/Users/bulkId:ada", {"op": "add", "path": "title", "value": "Dr"}),
        user("ada"),
        {"method": "PUT", "path": "/Users/bulkId:ben", "data": {"userName": "ben", "title": "Mr"}},
        user("ben"),
        {"method": "DELETE", "path": "/Users/bulkId:cy"},
        user("cy"),
    )
    assert statuses(outcomes) == ["200", "201", "200", "201", "204", "201"]
    assert outcomes[0]["location"] == outcomes[1]["location"]
    titles = [
        each.get("title") for each in page_of(await ingress.send("GET", "/Users"))["Resources"]
    ]
    assert sorted(map(str, titles)) == ["Dr", "Mr"]


async def test_a_bulk_id_stays_with_the_first_that_has_it(ingress: Ingress) -> None:
    again = user("ada") | {"data": {"userName": "somebody else"}}
    change = patch("/Users/bulkId:ada", {"op": "add", "path": "title", "value": "Dr"})
    outcomes = await run(ingress, user("ada"), again, change)
    assert statuses(outcomes) == ["201", "400", "200"]
    assert outcomes[2]["location"] == outcomes[0]["location"]


async def test_creations_in_a_circle_are_resolved_together(ingress: Ingress) -> None:
    outcomes = await run(
        ingress,
        group("A", "bulkId:B", "bulkId:ada"),
        group("B", "bulkId:A"),
        user("ada", **managed_by("ben")),
        user("ben", **managed_by("cy")),
        user("cy", **managed_by("ada")),
        user("self", **managed_by("self")),
    )
    assert statuses(outcomes) == ["201"] * 6
    first, second, ada, ben, cy, self_ = map(id_of, outcomes)
    assert await ingress.members(first) == sorted([second, ada])
    assert await ingress.members(second) == [first]
    for id_, boss in ((ada, ben), (ben, cy), (cy, ada), (self_, self_)):
        found = resource_of(await ingress.send("GET", f"/Users/{id_}"))
        assert found[ENTERPRISE]["manager"]["value"] == boss
    assert (
        resource_of(await ingress.send("GET", outcomes[0]["location"]))["meta"]["version"]
        == outcomes[0]["version"]
    )


async def test_a_circle_is_made_whole_or_not_at_all(ingress: Ingress) -> None:
    await ingress.group("B")
    outcomes = await run(
        ingress,
        group("A", "bulkId:B"),
        group("B", "bulkId:A"),
        group("C", "bulkId:A"),
        user("ada"),
    )
    assert statuses(outcomes) == ["409", "409", "409", "201"]
    assert outcomes[1]["response"]["scimType"] == "uniqueness"
    assert "circle" in outcomes[0]["response"]["detail"]
    assert await ingress.found("/Groups", 'displayName eq "A" or displayName eq "C"') == []


async def test_what_one_operation_cannot_do_concerns_no_other(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    outcomes = await run(
        ingress,
        user("bad", emails="no list"),
        user("ADA"),
        patch(f"/Users/{ada}", {"op": "replace", "path": "displayName", "value": "Ada"}),
        patch(f"/Users/{ada}", {"op": "replace", "path": "noSuch", "value": "x"}),
        patch("/Users/bulkId:bad", {"op": "add", "path": "title", "value": "x"}),
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "PUT", "path": "/Users", "data": {"userName": "x"}},
        {"method": "POST", "path": "/Robots", "bulkId": "r", "data": {}},
        {"method": "POST", "path": "/Users", "data": {"userName": "without-bulk-id"}},
        user("cy"),
    )
    assert statuses(outcomes) == [
        "400",
        "409",
        "200",
        "400",
        "409",
        "404",
        "405",
        "404",
        "400",
        "201",
    ]
    for outcome in outcomes:
        if outcome["status"] >= "400":
            assert outcome["response"]["status"] == outcome["status"]
            assert outcome["response"]["detail"]
    assert outcomes[3]["response"]["scimType"] == "invalidPath"
    names = [each["userName"] for each in page_of(await ingress.send("GET", "/Users"))["Resources"]]
    assert names == ["ada", "cy"]


async def test_a_request_stops_at_the_number_of_errors_that_the_client_accepts(
    ingress: Ingress,
) -> None:
    operations = [user("one"), user("ONE"), user("two"), user("One"), user("three")]
    for most, made in ((1, ["201", "409"]), (2, ["201", "409", "201", "409"])):
        assert statuses(await run(ingress, *operations, failOnErrors=most)) == made
        for id_ in await ingress.found("/Users", "userName pr"):
            await ingress.send("DELETE", f"/Users/{id_}")


async def test_versions_are_checked_for_each_operation(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    version = (await ingress.send("GET", f"/Users/{ada}")).headers["etag"]
    change = {"op": "replace", "path": "title", "value": "Dr"}
    again = {"op": "replace", "path": "title", "value": "Prof"}
    outcomes = await run(
        ingress,
        patch(f"/Users/{ada}", change, version=version),
        patch(f"/Users/{ada}", again, version=version),
    )
    assert statuses(outcomes) == ["200", "412"]
    assert outcomes[0]["version"] != version


async def test_operations_are_as_tolerant_as_requests(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    weavers = await ingress.group("Weavers", ada, ben)
    outcomes = await run(
        ingress,
        patch(f"/Groups/{weavers}", {"op": "Remove", "path": "members", "value": [{"value": ada}]}),
        patch(f"/Users/{ada}", {"op": "Replace", "path": "active", "value": "False"}),
        patch(f"/Users/{ben}", {"op": "Add", "path": "manager", "value": ada}),
        user("cy", **{ENTERPRISE: {"manager": ada}, "password": "x"}),
    )
    assert statuses(outcomes) == ["200", "200", "200", "201"]
    assert await ingress.members(weavers) == [ben]
    assert not (await ingress.identity(ada))["active"]


async def test_more_than_announced_is_too_large(ingress: Ingress) -> None:
    bulk = resource_of(await ingress.send("GET", "/ServiceProviderConfig"))["bulk"]
    delete = {"method": "DELETE", "path": "/Users/nobody"}
    body = {"schemas": [REQUEST], "Operations": [delete] * (bulk["maxOperations"] + 1)}
    assert "maxOperations" in error_of(await ingress.send("POST", "/Bulk", body), 413)
    padded = {"schemas": [REQUEST], "Operations": [user("ada", title="x" * bulk["maxPayloadSize"])]}
    assert str(bulk["maxPayloadSize"]) in error_of(await ingress.send("POST", "/Bulk", padded), 413)
    assert page_of(await ingress.send("GET", "/Users"))["totalResults"] == 0


async def test_a_bulk_request_that_is_none_is_refused(ingress: Ingress) -> None:
    bodies: tuple[Any, ...] = (
        {"schemas": [REQUEST]},
        {"Operations": {}},
        {"Operations": [], "failOnErrors": "x"},
        [],
    )
    for body in bodies:
        assert (await ingress.send("POST", "/Bulk", body)).status_code == 400
    outcomes = await run(ingress, {"method": "GET", "path": "/Users"}, {"path": "/Users"}, {})
    assert statuses(outcomes) == ["400"] * 3
