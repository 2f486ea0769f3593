"""Does every endpoint answer as the OpenAPI document says, whatever it is sent? And never a 500?"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.drivers.in_process import PATCH, Ingress
from tests.drivers.over_http import ServedApi

AS_DOCUMENTED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
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
    """Sends what is generated to places that exist, with a token that opens them."""

    base: str
    connection: str
    authorization: str
    ids: dict[str, str]

    def explore(self, document: dict[str, Any]) -> list[str]:
        """Send valid and invalid requests to every endpoint; return which were explored."""
        schema = schemathesis.openapi.from_dict(document)
        explored = []
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result.err()
            operation = result.ok()
            valid = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
            EXAMPLES(given(valid)(self.send))()
            invalid = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
            with contextlib.suppress(Unsatisfiable):  # where nothing is taken, nothing is wrong
                EXAMPLES(given(invalid)(self.send))()
            explored.append(operation.label)
        return explored

    def send(self, case: Case[Any]) -> None:
        """Send one request, and check its answer against the document."""
        kind = "Users" if "/Users" in case.path else "Groups"
        case.path_parameters |= {"connection": self.connection, "id": self.ids[kind]}
        if isinstance(case.body, dict):
            case.body |= _needed(kind, case)
        response = case.call(
            base_url=self.base, headers={"Authorization": self.authorization}, timeout=30
        )
        case.validate_response(response, checks=AS_DOCUMENTED)
        if not case.path.endswith("/Me"):
            case.validate_response(response, checks=[not_a_server_error])


def _needed(kind: str, case: Case[Any]) -> dict[str, Any]:
    """Return what a body has to have so that it gets beyond the first check."""
    if case.path.endswith((".search", "Bulk", "Me")):
        return {}
    if case.method == "PATCH":
        return {
            "schemas": [PATCH],
            "Operations": [{"op": "add", "path": "externalId", "value": "x"}],
        }
    name = "userName" if kind == "Users" else "displayName"
    return {name: f"{case.id}"}


async def test_every_endpoint_answers_as_documented(api: ServedApi, ingress: Ingress) -> None:
    user = await ingress.user("ada", emails=[{"value": "ada@acme.test"}])
    visitor = Visitor(
        api.base,
        ingress.connection,
        ingress.http.headers["authorization"],
        {"Users": user, "Groups": await ingress.group("Weavers", user)},
    )
    document = (await ingress.http.get(f"{api.base}/openapi.json")).json()
    explored = await asyncio.to_thread(visitor.explore, document)
    assert len(explored) == sum(map(len, document["paths"].values()))
    assert "POST /scim/v2/{connection}/Bulk" in explored
