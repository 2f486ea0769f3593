"""Where does the api tell its health? Balancers find ``/livez`` and ``/readyz`` beside SCIM."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from contracts.health import Check
from deploy.processes.operator_endpoints import ALIVE, readiness


def health_routes(checks: Sequence[Check]) -> APIRouter:
    """Return the routes for the port of the api. Its OpenAPI document describes them."""
    router = APIRouter(tags=["Health"], default_response_class=JSONResponse)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return ALIVE

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        told, response.status_code = await readiness(checks)
        return told

    return router
