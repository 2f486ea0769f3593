"""What does the OpenAPI document tell beside the routes? It has errors, tokens and better names."""

from typing import Any

from fastapi import Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.admin.http.problems import PROBLEM_TYPE, Problem
from api.admin.http.repeats import KEY_HEADER, LONGEST_KEY
from api.admin.http.schema_names import rename_schemas

DESCRIPTION = """\
The abilities of the command `muster` over HTTP.

- **Access.** Each request has a token: `Authorization: Bearer TOKEN`. The operator's token
  (`MUSTER_ADMIN_TOKEN`) reaches everything. A token that `muster admins create` has issued reaches
  one workspace: an `owner` changes it, a `viewer` looks. Objects elsewhere are unknown (404).
- **Lists** answer with `items` and `next`. As long as `next` is no null, it is the `cursor` of the
  next page.
- **Repeating.** A `POST` with an `Idempotency-Key` may be sent again: it is carried out once.
- **Errors** are problems (RFC 9457). `code` names the error, `detail` says what is wrong, `field`
  which value of the request it is about (the first one, where `errors` has several), and `remedy`
  what can be done. Parameters and fields that are not described are refused.
- **Times** are in ISO 8601, in UTC.
"""

BEARER = Security(
    HTTPBearer(
        auto_error=False,
        scheme_name="token",
        description="The operator's token, or one that was issued for a workspace.",
    )
)
"""The document's description of tokens, which the gate checks."""

SCHEMAS = "#/components/schemas/{model}"


REPEATABLE = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    "description": "A random key. The same request with the same key is carried out once within"
    " 24 hours, and answered again as before.",
    "example": "0b9d3a52-6c0e-4a7f-9d53-6a6c1f2f8f0a",
}
"""The parameter of requests that may be repeated."""


def operation_of(route: APIRoute) -> str:
    """Return the id of an operation, by which the log tells it as well: its noun and its verb."""
    return "_".join([*map(str, route.tags), route.name.strip("_")])


def describe(document: dict[str, Any]) -> None:
    """Add to each operation of a document its summary, and that its errors are problems.

    Schemas get the names that readers know, and the document says where it is served.
    """
    document["servers"] = [{"url": "/", "description": "The host of this document"}]
    problem = Problem.model_json_schema(ref_template=SCHEMAS)
    document["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    content = {PROBLEM_TYPE: {"schema": {"$ref": SCHEMAS.format(model="Problem")}}}
    told = {"description": "A problem: the error, and its remedy.", "content": content}
    for path in document["paths"].values():
        for method, operation in path.items():
            first, _, _ = operation["description"].partition("\n")
            operation["summary"] = first.rstrip(".")
            operation["responses"] |= {"4XX": told, "5XX": told}
            if method == "post":
                operation.setdefault("parameters", []).append(REPEATABLE)
    rename_schemas(document)
