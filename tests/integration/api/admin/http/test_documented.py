"""Does every operation answer as its OpenAPI document says, whatever it is sent? Never with 500?"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.drivers.admin_http import ADMIN_URL, AdminApi, Administrator
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
class Visitor:
    """Sends what is generated to things that exist, as an actor who may do everything.

    It runs in a thread of its own; the application runs in the loop of the test.
    """

    actor: Administrator
    values: Mapping[str, str]
    loop: asyncio.AbstractEventLoop

    def explore(self, document: dict[str, Any]) -> list[str]:
        """Send valid and invalid requests to every operation; return which were explored."""
        explored = []
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            assert isinstance(result, Ok), result.err()
            operation = result.ok()
            valid = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            EXAMPLES(given(valid)(self.send_to_what_exists))()
            invalid = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            with contextlib.suppress(Unsatisfiable):  # where nothing is taken, nothing is wrong
                EXAMPLES(given(invalid)(self.send))()
            explored.append(operation.label)
        return explored

    def send_to_what_exists(self, case: Case[Any]) -> None:
        """Send a request with names of what exists, and check its answer."""
        case.path_parameters |= self._of(case.path_parameters)
        case.query |= self._of(case.query)
        if isinstance(case.body, dict):
            case.body |= self._of(case.body)
        self.send(case)

    def _of(self, place: Mapping[str, Any]) -> dict[str, str]:
        return {name: self.values[name] for name in place if name in self.values}

    def send(self, case: Case[Any]) -> None:
        """Send a request, and check its answer against the document."""
        sent = case.as_transport_kwargs(base_url=ADMIN_URL)
        of_requests = ("method", "url", "headers", "params", "data", "json", "cookies")
        known = {name: value for name, value in sent.items() if name in of_requests}
        request = requests.Request(**known).prepare()
        sending = asyncio.run_coroutine_threadsafe(self._sent(request), self.loop)
        answer = sending.result(timeout=30)
        if answer.is_error:
            assert answer.headers["Content-Type"] == "application/problem+json"
        case.validate_response(answer, checks=AS_DOCUMENTED)

    async def _sent(self, request: requests.PreparedRequest) -> httpx2.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers = httpx2.Headers({str(name): str(value) for name, value in request.headers.items()})
        for ours in ("Authorization", "Cookie"):
            headers.pop(ours, None)
        assert isinstance(body, bytes | None)
        return await self.actor.http.request(
            str(request.method), str(request.url), content=body, headers=headers
        )


async def test_every_operation_answers_as_documented(admin_api: AdminApi) -> None:
    values = await values_of(admin_api)
    visitor = Visitor(admin_api.operator, values, asyncio.get_running_loop())
    document = (await admin_api.as_bearer(None).http.get("/openapi.json")).json()
    explored = await asyncio.to_thread(visitor.explore, document)
    assert len(explored) == sum(map(len, document["paths"].values()))
    assert "POST /admin/v1/connections" in explored
