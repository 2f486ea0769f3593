"""Does every operation answer as its OpenAPI document says, whatever it is sent? Never with 500?"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.admin_app import create_admin_app
from tests.drivers.admin_http import ADMIN_URL, AdminApi, Administrator
from tests.drivers.administration import administration_on
from tests.drivers.examinations import one_finding
from tests.drivers.things_of_acme import values_of

AS_DOCUMENTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

EXAMPLES = settings(
    max_examples=5,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True, slots=True)
class Generated:
    """A document, and requests that were made from it, by the operations that they are sent to."""

    document: dict[str, Any]
    valid: Mapping[str, Sequence[Case[Any]]]
    invalid: Mapping[str, Sequence[Case[Any]]]


@pytest.fixture(scope="module")
def generated() -> Generated:
    """Give valid and invalid requests, which are the same for every database."""
    no_directory: Any = None  # the document needs none
    document = create_admin_app(administration_on(no_directory), examination=one_finding).openapi()
    valid: dict[str, list[Case[Any]]] = {}
    invalid: dict[str, list[Case[Any]]] = {}
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(result, Ok), result.err()
        operation = result.ok()
        valid[operation.label] = _cases(operation, GenerationMode.POSITIVE)
        invalid[operation.label] = []
        with contextlib.suppress(Unsatisfiable):  # where nothing is taken, nothing is wrong
            invalid[operation.label] = _cases(operation, GenerationMode.NEGATIVE)
    return Generated(document, valid, invalid)


def _cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    cases: list[Case[Any]] = []

    def keep(case: Case[Any]) -> None:
        cases.append(case)

    EXAMPLES(given(operation.as_strategy(generation_mode=mode))(keep))()
    return cases


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


async def test_every_operation_answers_as_documented(
    admin_api: AdminApi, generated: Generated
) -> None:
    document = (await admin_api.as_bearer(None).http.get("/openapi.json")).json()
    assert document == generated.document
    assert len(generated.valid) == sum(map(len, document["paths"].values()))
    assert "POST /admin/v1/connections" in generated.valid
    visitor = Visitor(admin_api.operator, await values_of(admin_api))
    for operation, valid in generated.valid.items():
        assert valid, operation
        for case in valid:
            await visitor.send_to_what_exists(case)
        for case in generated.invalid[operation]:
            await visitor.send(case)
