"""Where does the api tell its health? Balancers find ``/livez`` and ``/readyz`` beside SCIM."""

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from deploy.processes.last_looks import LastLooks
from deploy.processes.operator_endpoints import ALIVE, readiness


class Liveness(BaseModel):
    """The answer of a process that can answer at all."""

    status: Literal["alive"]


class Readiness(BaseModel):
    """The readiness of a process for its work."""

    status: Literal["ready", "not ready"]
    problems: list[str] = Field(description="Failed checks that keep the process from its work")
    remarks: list[str] = Field(description="Failed checks that leave the process ready")


LIVEZ: dict[int | str, dict[str, Any]] = {200: {"model": Liveness, "description": "Alive"}}
READYZ: dict[int | str, dict[str, Any]] = {
    200: {"model": Readiness, "description": "Ready for requests"},
    503: {"model": Readiness, "description": "Not ready: send requests elsewhere"},
}
"""The document's words on answers, which are sent as they are."""


def health_routes(looks: LastLooks) -> APIRouter:
    """Return the routes for the port of the api. Its OpenAPI document describes them."""
    router = APIRouter(tags=["Health"])

    # Probes of some balancers and monitors ask with HEAD.
    @router.head("/livez", include_in_schema=False)
    @router.get("/livez", operation_id="check_liveness", summary="Is it alive?", responses=LIVEZ)
    async def livez() -> JSONResponse:
        """Answer that the process is alive, for which it checks nothing."""
        return JSONResponse(ALIVE)

    @router.head("/readyz", include_in_schema=False)
    @router.get("/readyz", operation_id="check_readiness", summary="Is it ready?", responses=READYZ)
    async def readyz() -> JSONResponse:
        """Check what the process needs for its work: its database above all."""
        told, status = await readiness(looks)
        return JSONResponse(told, status)

    return router
