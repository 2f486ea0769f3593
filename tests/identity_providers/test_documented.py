"""Does every endpoint answer as the OpenAPI document says, whatever it is sent? And never a 500?"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
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
class Generated:
    """Requests that were made from a document, by the operations that they are sent to."""

    valid: Mapping[str, Sequence[Case[Any]]]
    invalid: Mapping[str, Sequence[Case[Any]]]


@pytest.fixture(scope="session")
def generated_from() -> Callable[[str], Generated]:
    """Give what makes requests from a document; those of a document are the same for every server.

    They last for the session, since the tests of all files here run on one server before the next.
    """
    return cache(_generated_from)


def _generated_from(document: str) -> Generated:
    valid: dict[str, list[Case[Any]]] = {}
    invalid: dict[str, list[Case[Any]]] = {}
    for result in schemathesis.openapi.from_dict(json.loads(document)).get_all_operations():
        assert isinstance(result, Ok), result.err()
        operation = result.ok()
        valid[operation.label] = _cases(operation, GenerationMode.POSITIVE)
        invalid[operation.label] = []
        with contextlib.suppress(Unsatisfiable):  # where nothing is taken, nothing is wrong
            invalid[operation.label] = _cases(operation, GenerationMode.NEGATIVE)
    return Generated(valid, invalid)


def _cases(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Case[Any]]:
    cases: list[Case[Any]] = []

    def keep(case: Case[Any]) -> None:
        cases.append(case)

    EXAMPLES(given(operation.as_strategy(generation_mode=mode))(keep))()
    return cases


@dataclass(frozen=True, slots=True)
class Visitor:
    """Sends what was generated to places that exist, with a token that opens them."""

    base: str
    connection: str
    authorization: str
    ids: dict[str, str]

    def explore(self, generated: Generated) -> None:
        """Send valid and invalid requests to every endpoint."""
        for operation, valid in generated.valid.items():
            assert valid, operation
            for case in (*valid, *generated.invalid[operation]):
                self.send(case)

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


async def test_every_endpoint_answers_as_documented(
    api: ServedApi, ingress: Ingress, generated_from: Callable[[str], Generated]
) -> None:
    user = await ingress.user("ada", emails=[{"value": "ada@acme.test"}])
    visitor = Visitor(
        api.base,
        ingress.connection,
        ingress.http.headers["authorization"],
        {"Users": user, "Groups": await ingress.group("Weavers", user)},
    )
    document = (await ingress.http.get(f"{api.base}/openapi.json")).json()
    del document["servers"]  # the visitor knows the only one that is meant
    generated = generated_from(json.dumps(document))
    assert len(generated.valid) == sum(map(len, document["paths"].values()))
    assert "POST /scim/v2/{connection}/Bulk" in generated.valid
    await asyncio.to_thread(visitor.explore, generated)
