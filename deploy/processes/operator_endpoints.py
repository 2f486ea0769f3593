"""What does a process tell whoever watches it? ``/metrics``, ``/livez`` and ``/readyz``."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import choose_encoder

from contracts.health import Check, run_checks
from deploy.connection_bounds import Bounds
from deploy.databases.metrics import DatabaseMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import running
from deploy.processes.loop_watch import watched

Observe = Callable[[], Awaitable[None]]

BOUNDS = Bounds(connections=64, connections_per_address=64)
"""Of this listener alone, whose connections are never refused because those of the api are many.
Probes of Kubernetes, and whatever comes through a gateway, have one address."""


def new_registry() -> CollectorRegistry:
    """Return a registry with what every process tells of itself: build, memory, files, time."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    build = Info("muster_build", "The version of Muster that runs.", registry=registry)
    build.info({"version": version("muster-scim")})
    return registry


@dataclass(slots=True)
class Inspection:
    """What of a process can be seen. Its parts add themselves as they are put together."""

    registry: CollectorRegistry = field(default_factory=new_registry)
    checks: list[Check] = field(default_factory=list)
    observations: list[Observe] = field(default_factory=list)
    databases: DatabaseMetrics = field(init=False)

    def __post_init__(self) -> None:
        """Make the metrics that parts share which use the same databases."""
        self.databases = DatabaseMetrics(self.registry)

    def app(self) -> FastAPI:
        """Return the application for the port that only operators reach."""
        app = FastAPI(title="Muster, from inside", openapi_url=None)
        app.include_router(health_routes(self.checks))

        @app.get("/metrics")
        async def metrics(request: Request) -> Response:
            await asyncio.gather(*(observe() for observe in self.observations))
            encode, content_type = choose_encoder(request.headers.get("accept", ""))
            return Response(encode(self.registry), headers={"Content-Type": content_type})

        return app


@asynccontextmanager
async def inspected(listener: socket.socket, stop: asyncio.Event) -> AsyncIterator[Inspection]:
    """Show a process to operators for as long as the block runs, its draining included.

    From the stop on it is not ready, so that nobody sends it more work.
    """
    inspection = Inspection()

    async def draining() -> str | None:
        return "draining" if stop.is_set() else None

    inspection.checks.append(Check("process", draining))
    async with (
        running(lambda end: serve(inspection.app(), listener, end, BOUNDS)),
        watched(inspection.registry),
    ):
        yield inspection


def health_routes(checks: Sequence[Check]) -> APIRouter:
    """Return ``/livez``, which asks nobody, and ``/readyz``, which says what is amiss."""
    router = APIRouter(tags=["Health"], default_response_class=JSONResponse)

    @router.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz(response: Response) -> dict[str, Any]:
        health = await run_checks(checks)
        response.status_code = 200 if health.is_ready else 503
        return {
            "status": "ready" if health.is_ready else "not ready",
            "problems": health.problems,
            "remarks": health.remarks,
        }

    return router
