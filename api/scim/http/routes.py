"""How does HTTP reach the SCIM service? Every route leads to the ingress."""

from fastapi import APIRouter, Request, Response

from api.connection_urls import SCIM_PREFIX
from api.scim.http.endpoints import ENDPOINTS
from api.scim.http.ingress import ScimIngress
from api.scim.http.openapi import openapi_of

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


def scim_routes(ingress: ScimIngress) -> APIRouter:
    """Return a documented route for each endpoint, and one for all other paths and methods."""

    async def serve(request: Request) -> Response:
        return await ingress.serve(request)

    router = APIRouter(prefix=f"{SCIM_PREFIX}/{{connection}}", default_response_class=Response)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            serve,
            methods=[endpoint.method],
            status_code=endpoint.status,
            tags=["SCIM 2.0"],
            **openapi_of(endpoint),
        )
    for path in ("", "/{path:path}"):
        router.add_api_route(
            path,
            serve,
            methods=ANY_METHOD,
            name="unknown_endpoint",
            include_in_schema=False,
        )
    return router
