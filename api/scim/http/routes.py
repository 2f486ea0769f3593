"""How does FastAPI document SCIM? It has a route for each endpoint, which is never reached."""

from functools import cache

from fastapi import APIRouter, Response

from api.connection_urls import SCIM_PREFIX
from api.scim.http.endpoints import ENDPOINTS


@cache
def documented_routes() -> APIRouter:
    """Return a route for each endpoint. ``ScimApplication`` answers their requests.

    They hold no state: all applications of this process share them.
    """
    router = APIRouter(prefix=f"{SCIM_PREFIX}/{{connection}}", default_response_class=Response)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            _answered_before,
            methods=[endpoint.method],
            status_code=endpoint.status,
            tags=[endpoint.tag],
            name=endpoint.name,
            summary=endpoint.does,
            operation_id=endpoint.operation_id,
        )
    return router


async def _answered_before() -> Response:
    # A docstring would become the description of every endpoint in the document.
    raise AssertionError("ScimApplication answers every request below the prefix")
