"""Are the calls in the document what its schemas allow, and does the api carry each of them out?"""

import json
from typing import Any

import jsonschema_rs
import pytest

from api.scim.http.openapi.example_answers import ADA
from api.scim.http.openapi.provider_calls import BODIES, FILTERS
from tests.drivers.in_process import Ingress
from tests.readings.documents import silent_api

ON_SQLITE = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)

MAKING = {"create_user": "/Users", "create_group": "/Groups"}
CHANGING = {"replace": "PUT", "modify": "PATCH"}


def errors_by_schema(document: dict[str, Any], reference: str, value: Any) -> list[str]:
    """Return what a schema of the document does not allow."""
    schema = {"$ref": reference, "components": document["components"]}
    return [it.message for it in jsonschema_rs.Draft202012Validator(schema).iter_errors(value)]


def test_each_example_is_allowed_by_the_schema_beside_it() -> None:
    document = silent_api().openapi()
    seen = set()
    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name, example in content.get("examples", {}).items():
                    reference = content["schema"]["$ref"]
                    assert errors_by_schema(document, reference, example["value"]) == [], name
                    seen.add(operation["operationId"])
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    if "example" in content:
                        assert content["example"]["status"] == status
                        reference = content["schema"]["$ref"]
                        assert errors_by_schema(document, reference, content["example"]) == []
    assert seen == BODIES.keys()
    for name, schema in document["components"]["schemas"].items():
        for answer in schema.get("examples", ()):
            assert errors_by_schema(document, f"#/components/schemas/{name}", answer) == [], name


@ON_SQLITE
async def test_each_example_of_a_change_is_carried_out(ingress: Ingress) -> None:
    for operation, path in MAKING.items():
        for example in BODIES[operation].values():
            made = await ingress.send("POST", path, example["value"])
            assert made.status_code == 201, made.text
            assert (await ingress.http.delete(made.headers["location"])).status_code == 204
    joined = await ingress.send("POST", "/Bulk", BODIES["run_many_operations"]["join"]["value"])
    places = [it["location"] for it in joined.json()["Operations"]]
    ids = {"user": places[0].rpartition("/")[2], "group": places[1].rpartition("/")[2]}
    for operation, examples in BODIES.items():
        verb, _, kind = operation.partition("_")
        for example in examples.values() if verb in CHANGING else ():
            body = json.loads(json.dumps(example["value"]).replace(ADA, ids["user"]))
            place = f"/{kind.title()}s/{ids[kind]}"
            answer = await ingress.send(CHANGING[verb], place, body)
            assert answer.status_code in {200, 204}, answer.text
            if example["summary"].endswith(("adds a member", "removes a member")):
                left = [ids["user"]] if "adds" in example["summary"] else []
                assert await ingress.members(ids["group"]) == left
            if "deactivates" in example["summary"]:
                assert (await ingress.http.get(place)).json()["active"] is False


@ON_SQLITE
async def test_each_example_of_a_search_finds_what_it_looks_for(ingress: Ingress) -> None:
    await ingress.user("ada@acme.example", externalId="ada-1")
    await ingress.group("Weavers")
    for path, examples in FILTERS.items():
        for example in examples.values():
            assert len(await ingress.found(path, example["value"])) == 1
    for example in BODIES["search_users_by_post"].values():
        found = (await ingress.send("POST", "/Users/.search", example["value"])).json()
        assert [it["userName"] for it in found["Resources"]] == ["ada@acme.example"]
