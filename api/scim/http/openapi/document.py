"""What does the OpenAPI document say of SCIM? FastAPI's paths get bodies, errors and examples."""

from typing import Any

from fastapi.utils import deep_dict_update

from api.scim.http.endpoints import ENDPOINTS
from api.scim.http.openapi.messages import message_schemas
from api.scim.http.openapi.operations import BEARER_SCHEME, operation_of
from api.scim.http.openapi.resources import resource_schemas

DESCRIPTION = """\
The API that identity providers call: people and groups by SCIM 2.0 (RFC 7643 and RFC 7644).

- **Base URL.** A connection has its own, `/scim/v2/{connection}`, and bearer tokens that open this
  connection alone. `muster connections create` shows both.
- **Answers** are `application/scim+json`. Requests may be `application/json` as well.
- **What is sent and what is answered** have schemas of their own: a `NewUser` needs a `userName`,
  and a `User` has an `id`. Any other attribute of an answer may be missing, because it has no value
  or because `attributes` or `excludedAttributes` leave it out. A `User` may be sent back as it is.
- **Unknown attributes** of a request are ignored.
- **Versions.** `ETag` and `meta.version` change with each change. `If-Match` and `If-None-Match`
  take them.
- **Errors** have the form of SCIM, `Error`. `Retry-After` says when a request may succeed that was
  answered 429 or 503.
- **Examples** are the calls that providers make.
"""

SECURITY_SCHEMES = {
    BEARER_SCHEME: {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of the connection",
    }
}

TAGS = [
    {"name": "Users", "description": "People, as the provider assigns them to its app"},
    {"name": "Groups", "description": "Groups that the provider pushes, and their members"},
    {"name": "Everything", "description": "Users and groups together, in one request"},
    {"name": "Discovery", "description": "What this service supports"},
    {"name": "Me", "description": "Not supported: a token is that of a provider, and no person"},
    {"name": "Health", "description": "What balancers ask, without a token"},
]


def describe_scim(document: dict[str, Any], public_url: str) -> None:
    """Complete FastAPI's document with all that it cannot read off the routes.

    :param public_url: the start of every connection's base URL, as providers reach it.
    """
    document["servers"] = [
        {"url": public_url, "description": "As identity providers reach it"},
        {"url": "/", "description": "The host of this document"},
    ]
    operations = {endpoint.operation_id: endpoint for endpoint in ENDPOINTS}
    for methods in document["paths"].values():
        for operation in methods.values():
            endpoint = operations.get(operation["operationId"])
            if endpoint is not None:
                deep_dict_update(operation, operation_of(endpoint))
    used = {
        tag for path in document["paths"].values() for it in path.values() for tag in it["tags"]
    }
    document["tags"] = [tag for tag in TAGS if tag["name"] in used]
    components = document.setdefault("components", {})
    components["schemas"] = components.get("schemas", {}) | resource_schemas() | message_schemas()
    components["securitySchemes"] = SECURITY_SCHEMES
