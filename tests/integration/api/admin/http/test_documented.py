"""Does every operation answer as its OpenAPI document says, whatever it is sent? Never with 500?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import requests
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.admin_app import create_admin_app
from tests.drivers.admin_http import ADMIN_URL, AdminApi, Administrator
from tests.drivers.administration import administration_on
from tests.drivers.documented_requests import Generated, generated_from
from tests.drivers.examinations import one_finding
from tests.drivers.things_of_acme import values_of
from tests.servers.both_databases import on_both_databases

AS_DOCUMENTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


Documented = tuple[dict[str, Any], Generated]
"""A document, and the requests that were made from it."""


@pytest.fixture(scope="module")
def documented() -> Documented:
    """Give valid and invalid requests, which are the same for every database."""
    no_directory: Any = None  # the document needs none
    document = create_admin_app(administration_on(no_directory), examination=one_finding).openapi()
    return document, generated_from(document)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Sends what was generated to things that exist, as an actor who may do everything."""

    actor: Administrator
    values: Mapping[str, str]

    async def send_to_what_exists(self, case: Case[Any]) -> None:
        """Send a request with names of what exists, and check its answer."""
        case.path_parameters |= self._of(case.path_parameters)
        case.query |= self._of(case.query)
        if isinstance(case.body, dict):
            case.body |= self._of(case.body)
        await self.send(case)

    def _of(self, place: Mapping[str, Any]) -> dict[str, str]:
        return {name: self.values[name] for name in place if name in self.values}

    async def send(self, case: Case[Any]) -> None:
        """Send a request, and check its answer against the document."""
        sent = case.as_transport_kwargs(base_url=ADMIN_URL)
        of_requests = ("method", "url", "headers", "params", "data", "json", "cookies")
        known = {name: value for name, value in sent.items() if name in of_requests}
        answer = await self._answer(requests.Request(**known).prepare())
        if answer.is_error:
            assert answer.headers["Content-Type"] == "application/problem+json"
        case.validate_response(answer, checks=AS_DOCUMENTED)

    async def _answer(self, request: requests.PreparedRequest) -> httpx2.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = httpx2.Headers({str(name): str(value) for name, value in request.headers.items()})
        for ours in ("Authorization", "Cookie"):
            headers.pop(ours, None)
        assert isinstance(body, bytes | None)
        return await self.actor.http.request(
            str(request.method), str(request.url), content=body, headers=headers
        )


@on_both_databases
async def test_every_operation_answers_as_documented(
    admin_api: AdminApi, documented: Documented
) -> None:
    document = (await admin_api.as_bearer(None).http.get("/openapi.json")).json()
    expected, generated = documented
    assert document == expected
    assert len(generated.valid) == sum(map(len, document["paths"].values()))
    assert "POST /admin/v1/connections" in generated.valid
    visitor = Visitor(admin_api.operator, await values_of(admin_api))
    for operation, valid in generated.valid.items():
        assert valid, operation
        for case in valid:
            await visitor.send_to_what_exists(case)
        for case in generated.invalid[operation]:
            await visitor.send(case)
