"""Does every endpoint answer as the OpenAPI document says, whatever it is sent? And never a 500?"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import requests
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.drivers.documented_requests import Generated, generated_from
from tests.drivers.in_process import PATCH, Ingress
from tests.drivers.over_http import ServedApi

AS_DOCUMENTED = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="session")
def generated_once() -> Callable[[str], Generated]:
    """Give what makes requests from a document; those of a document are the same for every server.

    They last for the session, since the tests of all files here run on one server before the next.
    """
    return cache(lambda document: generated_from(json.loads(document)))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Sends what was generated to places that exist, with a token that opens them."""

    base: str
    connection: str
    authorization: str
    ids: dict[str, str]

    def explore(self, generated: Generated) -> None:
        """Send valid and invalid requests to every endpoint."""
        with requests.Session() as session:
            for operation, valid in generated.valid.items():
                assert valid, operation
                for case in (*valid, *generated.invalid[operation]):
                    self.send(case, session)

    def send(self, case: Case[Any], session: requests.Session) -> None:
        """Send one request, and check its answer against the document."""
        kind = "Users" if "/Users" in case.path else "Groups"
        case.path_parameters |= {"connection": self.connection, "id": self.ids[kind]}
        if isinstance(case.body, dict):
            case.body |= _needed(kind, case)
        response = case.call(
            base_url=self.base,
            session=session,
            headers={"Authorization": self.authorization},
            timeout=30,
        )
        more = [] if case.path.endswith("/Me") else [not_a_server_error]
        case.validate_response(response, checks=[*AS_DOCUMENTED, *more])


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
    api: ServedApi, ingress: Ingress, generated_once: Callable[[str], Generated]
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
    generated = generated_once(json.dumps(document))
    assert len(generated.valid) == sum(map(len, document["paths"].values()))
    assert "POST /scim/v2/{connection}/Bulk" in generated.valid
    await asyncio.to_thread(visitor.explore, generated)
