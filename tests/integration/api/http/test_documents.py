"""Are the OpenAPI documents of both apis valid, in words that readers and generators know?"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.readings.documents import PUBLIC_URL, silent_admin_api, silent_api

NOTATION = re.compile(r"``|:\w+:`|pydantic|fastapi|scim2|\bdumps\b", re.IGNORECASE)
"""What only those know who see the code."""


@pytest.fixture(scope="module", params=["scim", "admin"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Give each document."""
    return {"scim": silent_api, "admin": silent_admin_api}[request.param]().openapi()


@pytest.fixture(scope="module")
def scim() -> dict[str, Any]:
    """Give the document of the api of providers."""
    return silent_api().openapi()


def operations_of(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield all operations of a document."""
    for path in document["paths"].values():
        yield from path.values()


def texts_in(value: Any) -> Iterator[str]:
    """Yield all descriptions and summaries of a part of a document."""
    if isinstance(value, list):
        for entry in value:
            yield from texts_in(entry)
    if isinstance(value, dict):
        for name, entry in value.items():
            if name in {"description", "summary"} and isinstance(entry, str):
                yield entry
            yield from texts_in(entry)


def test_a_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_schemas_and_operations_have_names_that_a_person_would_choose(
    document: dict[str, Any],
) -> None:
    schemas = document["components"]["schemas"]
    assert [it for it in schemas if not re.fullmatch(r"([A-Z][a-z]+)+", it)] == []
    assert [it for it in schemas if re.search("Shown|Wanted|Input|Output", it)] == []
    ids = [it["operationId"] for it in operations_of(document)]
    assert len(set(ids)) == len(ids)
    assert [it for it in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)+", it)] == []


def test_every_operation_and_the_whole_are_told_without_notation_of_the_code(
    document: dict[str, Any],
) -> None:
    assert len(document["info"]["description"]) > 500
    for operation in operations_of(document):
        assert operation["summary"]
        assert operation["description"]
    assert [it for it in texts_in(document) if NOTATION.search(it)] == []


def test_answers_of_scim_have_schemas_with_attributes(scim: dict[str, Any]) -> None:
    schemas = scim["components"]["schemas"]
    assert schemas["NewUser"]["required"] == ["userName"]
    assert schemas["NewGroup"]["required"] == ["displayName"]
    user = schemas["User"]["properties"]
    assert user["userName"]["type"] == "string"
    assert user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] == {
        "$ref": "#/components/schemas/EnterpriseUser"
    }
    assert "department" in schemas["EnterpriseUser"]["properties"]
    assert schemas["UserList"]["properties"]["Resources"]["items"] == {
        "$ref": "#/components/schemas/User"
    }
    assert [it for it, schema in schemas.items() if not schema.get("properties")] == []


def test_health_is_told_with_both_of_its_answers(scim: dict[str, Any]) -> None:
    readiness = scim["paths"]["/readyz"]["get"]
    assert readiness["operationId"] == "check_readiness"
    answers = {status: it["content"] for status, it in readiness["responses"].items()}
    assert set(answers) == {"200", "503"}
    assert answers["200"] == answers["503"]


def test_the_first_server_is_the_one_that_providers_reach(scim: dict[str, Any]) -> None:
    assert scim["servers"][0]["url"] == PUBLIC_URL
