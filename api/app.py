"""What is mounted where? The api as an ASGI application, with every dependency an argument."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from scim2_models import NotFoundException, SCIMException
from scim2_server.errors import MethodNotAllowedException
from starlette.exceptions import HTTPException

from api.correlation import CorrelationIds
from api.directory.database import DirectoryDatabase
from api.metrics import ApiMetrics
from api.observed_requests import ObservedRequests
from api.scim.documentation import scim_schemas
from api.scim.provider import scim_provider
from api.scim.routes import PREFIX, ScimEdge, scim_routes
from api.scim.service import MusterService
from contracts.clock import Clock, now

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes; a group of 100,000 members is pushed in about half of that."""


def create_app(
    database: DirectoryDatabase,
    public_url: str,
    metrics: ApiMetrics,
    *,
    on_write: Callable[[], None] = lambda: None,
    largest_body: int = LARGEST_BODY,
    clock: Clock = now,
) -> FastAPI:
    """Return the application.

    :param public_url: what the base URLs of connections start with, as providers reach it.
    :param on_write: called after each write that was committed, so that a relay in the same
        process need not wait for its next look.
    :param largest_body: bytes of a request that are read at most.
    """
    app = _Api(title="Muster", redirect_slashes=False)
    service = MusterService(scim_provider())
    edge = ScimEdge(database, service, public_url, on_write, largest_body, clock)
    app.include_router(scim_routes(edge))
    app.add_middleware(ObservedRequests, prefix=PREFIX, metrics=metrics)
    app.add_middleware(CorrelationIds)

    @app.exception_handler(HTTPException)
    async def _refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.scope["path"].startswith(PREFIX):
            return edge.refuse(_as_scim(error))
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    return app


class _Api(FastAPI):
    """FastAPI whose document holds the models of SCIM and no errors that never show."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas |= scim_schemas()
            for operations in document["paths"].values():
                for operation in operations.values():
                    operation["responses"].pop("422", None)
        return super().openapi()


def _as_scim(error: HTTPException) -> SCIMException:
    """Return the SCIM error for what the router answers by itself."""
    if error.status_code == MethodNotAllowedException.status:
        allowed = (error.headers or {}).get("Allow", "")
        return MethodNotAllowedException(allowed=allowed.split(", "))
    return NotFoundException(detail="There is no such endpoint")
