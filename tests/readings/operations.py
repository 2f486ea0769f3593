"""Which operations has the admin API? Its OpenAPI document lists them, with requests for each."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.admin_app import create_admin_app
from tests.drivers.administration import administration_on
from tests.drivers.examinations import one_finding


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, with the names of its parameters and the example of its body."""

    id: str
    method: str
    path: str
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    body: Any

    @property
    def looks(self) -> bool:
        """Whether the method changes nothing."""
        return self.method == "GET"

    def request(self, values: Mapping[str, str]) -> tuple[str, dict[str, str], Any]:
        """Return path, query and body with values for the parameters that these name."""
        path = self.path.format_map({name: values[name] for name in self.in_path})
        query = {name: values[name] for name in self.in_query if name in values}
        return path, query, _filled(self.body, values)


def operations() -> Iterator[Operation]:
    """Yield every operation of the OpenAPI document."""
    no_directory: Any = None  # the document needs none
    document = create_admin_app(administration_on(no_directory), examination=one_finding).openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            named = [(it["in"], it["name"]) for it in operation.get("parameters", ())]
            yield Operation(
                operation["operationId"],
                method.upper(),
                path,
                tuple(name for place, name in named if place == "path"),
                tuple(name for place, name in named if place == "query"),
                _example(document, operation),
            )


def _example(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Any:
    if "requestBody" not in operation:
        return None
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    [reference] = [it["$ref"] for it in (schema, *schema.get("anyOf", ())) if "$ref" in it]
    model = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert model["examples"], f"{reference} has no example"
    return model["examples"][0]


def _filled(body: Any, values: Mapping[str, str]) -> Any:
    """Return a body in which fields that are named like parameters have their values."""
    if not isinstance(body, dict):
        return body
    filled = {name: values.get(name, value) for name, value in body.items()}
    return json.loads(json.dumps(filled))
