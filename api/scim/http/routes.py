"""How does HTTP reach the SCIM service? Every route leads to the edge."""

from fastapi import APIRouter, Request, Response

from api.connection_urls import PREFIX
from api.scim.http.edge import ScimEdge
from api.scim.http.endpoints import ENDPOINTS
from api.scim.http.openapi import described

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


def scim_routes(edge: ScimEdge) -> APIRouter:
    """Return a documented route for each endpoint, and one for everything else."""

    async def serve(request: Request) -> Response:
        return await edge.serve(request)

    router = APIRouter(prefix=f"{PREFIX}/{{connection}}", default_response_class=Response)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            serve,
            methods=[endpoint.method],
            status_code=endpoint.status,
            tags=["SCIM 2.0"],
            **described(endpoint),
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
