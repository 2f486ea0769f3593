"""Does a request have every name that a problem speaks of, and is every other name refused?"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute

from api.admin.actors import COMMAND
from api.admin.http.gate import PREFIX
from api.admin.http.openapi import operation_of
from api.admin.http.request_names import OF_EVERY_REQUEST, OTHER_NAMES, name_in, names_of
from api.admin.http.routers import ROUTERS
from api.admin.list_audit import list_changes
from api.admin_app import create_admin_app
from api.errors import (
    AmbiguousPerson,
    ApiError,
    NotHeld,
    UnknownIdentity,
    UnknownPerson,
    UnusableRules,
)
from contracts.downstream.errors import DownstreamError
from tests.drivers.admin_http import AdminApi
from tests.drivers.administration import administration_on
from tests.drivers.examinations import one_finding
from tests.drivers.things_of_acme import values_of
from tests.readings.operations import Operation, operations
from worker.errors import (
    EmailExists,
    PortalWithoutProtection,
    PortalWithoutRoles,
    RemovedSerial,
    UnknownConflict,
    UnknownEmail,
    UnusableEmail,
    UnusableName,
)

OPERATIONS = list(operations())

ROUTES = {
    operation_of(route): route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
}
CLOSED = {"kind", "portal", "role", "state", "people"}
"""Parameters and fields that take words of a closed choice."""


@cache
def _document() -> dict[str, Any]:
    no_directory: Any = None  # the document needs none
    return create_admin_app(administration_on(no_directory), examination=one_finding).openapi()


def named(operation: Operation) -> set[str]:
    """Return the names of parameters and fields that the OpenAPI document tells."""
    return {*operation.in_path, *operation.in_query, *_fields_in_document(operation)}


def _fields_in_document(operation: Operation) -> set[str]:
    document = _document()
    asked = document["paths"][operation.path][operation.method.lower()]
    if "requestBody" not in asked:
        return set()
    schema = asked["requestBody"]["content"]["application/json"]["schema"]
    [reference] = [it["$ref"] for it in (schema, *schema.get("anyOf", ())) if "$ref" in it]
    model = document["components"]["schemas"][reference.rpartition("/")[2]]
    return set(model["properties"])


def errors_below(root: type[Exception]) -> Iterator[type[Exception]]:
    """Yield all classes of a tree of errors."""
    for each in root.__subclasses__():
        yield each
        yield from errors_below(each)


FIELDS = sorted(
    {
        field
        for root in (ApiError, DownstreamError)
        for error in errors_below(root)
        if isinstance(field := error.__dict__.get("field"), str)
        and not error.__module__.startswith("api.console")  # these name fields of forms
    }
)


async def test_a_parameter_that_an_operation_has_not_is_refused_by_name(
    admin_api: AdminApi,
) -> None:
    values = await values_of(admin_api)
    before = await list_changes(admin_api.it, COMMAND)
    for operation in OPERATIONS:
        path, query, body = operation.request(values)
        answer = await admin_api.operator.http.request(
            operation.method, path, params=query | {"nonsense": "1"}, json=body
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "nonsense"), operation.id
    assert await list_changes(admin_api.it, COMMAND) == before


async def test_a_word_of_no_closed_choice_is_refused_by_its_place(admin_api: AdminApi) -> None:
    values, tried = await values_of(admin_api), set[str]()
    for operation in OPERATIONS:
        path, query, body = operation.request(values)
        for name in sorted(CLOSED & named(operation) - {*operation.in_path}):
            wrong = {name: "x"}
            in_query = name in operation.in_query
            answer = await admin_api.operator.http.request(
                operation.method,
                path,
                params=query | wrong if in_query else query,
                json=body if in_query else (body or {}) | wrong,
            )
            assert (answer.status_code, answer.json()["field"]) == (422, name), operation.id
            tried.add(name)
    assert tried == CLOSED


def test_the_names_of_a_request_are_those_of_its_document() -> None:
    found = {it.id: set(names_of(ROUTES[it.id])) for it in OPERATIONS}
    assert found == {it.id: named(it) for it in OPERATIONS}


def test_no_error_names_a_field_that_the_request_has_not() -> None:
    for operation in OPERATIONS:
        told = {name_in(names_of(ROUTES[operation.id]), field) for field in FIELDS}
        assert told <= named(operation) | OF_EVERY_REQUEST | {None}, operation.id


@pytest.mark.parametrize("field", sorted({*FIELDS, *OTHER_NAMES}))
def test_each_field_of_an_error_is_one_of_some_request(field: str) -> None:
    assert field in OF_EVERY_REQUEST or any(
        name_in(names_of(route), field) for route in ROUTES.values()
    )


@pytest.mark.parametrize(
    ("error", "operation", "name"),
    [
        (UnusableRules("no such rule", "on_create"), "connections_create", "on_create"),
        (NotHeld("acme-store", ["x"]), "held_approve", "identities"),
        (NotHeld("acme-store", ["x"]), "held_reject", "identities"),
        (UnknownPerson("acme-store"), "connections_preview", "deactivate"),
        (AmbiguousPerson("acme-store", ["1", "2"], 2), "connections_preview", "deactivate"),
        (UnknownPerson("acme-store"), "people_show", "person"),
        (UnknownIdentity("acme-store"), "resync_connection", "identity"),
        (UnknownEmail("acme", "mdm"), "devices_create", "assigned_to"),
        (UnknownEmail("acme", "mdm"), "devices_assign", "assigned_to"),
        (UnusableName("a serial number", "serial"), "devices_create", "serial"),
        (RemovedSerial("acme"), "devices_assign", "device"),
        (PortalWithoutRoles("store"), "accounts_create", "role"),
        (PortalWithoutProtection("store"), "accounts_release", "account"),
        (EmailExists("acme", "store"), "accounts_create", "email"),
        (UnusableEmail(), "conflicts_move", "to"),
        (UnknownConflict("acme-store"), "conflicts_move", "identity"),
    ],
    ids=lambda it: it if isinstance(it, str) else type(it).__name__,
)
def test_an_error_names_the_field_as_the_request_does(
    error: ApiError | DownstreamError, operation: str, name: str
) -> None:
    assert name_in(names_of(ROUTES[operation]), error.field) == name


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (
            "/connections",
            {"workspace": "Acme", "portal": "mdm", "on_create": "create-employee"},
            "on_create",
        ),
        ("/connections/acme-store/held/approve", {"identities": ["x"]}, "identities"),
        ("/connections/acme-store/preview", {"deactivate": ["nobody"]}, "deactivate"),
        ("/connections/acme-store/preview", {"policy": "x"}, "policy"),
        ("/failures/retry", {"kind": "x"}, "kind"),
        ("/connections", {"workspace": 1, "portal": "x"}, "workspace"),
    ],
    ids=["rules", "held", "person", "policy", "kind", "two"],
)
async def test_a_problem_names_the_field_to_change(
    admin_api: AdminApi, path: str, body: dict[str, Any], field: str
) -> None:
    answer = await admin_api.operator.send("POST", path, body)
    assert answer.json()["field"] == field, answer.text
    assert answer.status_code in {400, 404, 409, 422}


@pytest.mark.parametrize("announced", ["application/json", "text/plain", "", None])
async def test_a_body_that_is_no_json_is_said_to_be_none(
    admin_api: AdminApi, announced: str | None
) -> None:
    headers = {} if announced is None else {"Content-Type": announced}
    answer = await admin_api.operator.http.post(
        f"{PREFIX}/connections", content=b"{workspace: Acme", headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable_body")
    assert "no JSON" in answer.json()["detail"]


@pytest.mark.parametrize("body", [[], 1, "x", [{}]])
async def test_json_that_is_no_object_is_said_to_be_none(admin_api: AdminApi, body: Any) -> None:
    answer = await admin_api.operator.send("POST", "/connections", body)
    assert (answer.status_code, answer.json()["field"]) == (422, "body")
    assert answer.json()["errors"] == [{"field": "body", "detail": "Input should be a JSON object"}]
