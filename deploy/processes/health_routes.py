"""Where does the api tell its health? Balancers find ``/livez`` and ``/readyz`` beside SCIM."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from deploy.processes.last_looks import LastLooks
from deploy.processes.operator_endpoints import ALIVE, readiness


def health_routes(looks: LastLooks) -> APIRouter:
    """Return the routes for the port of the api. Its OpenAPI document describes them."""
    router = APIRouter(tags=["Health"], default_response_class=JSONResponse)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return ALIVE

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        told, response.status_code = await readiness(looks)
        return told

    return router
