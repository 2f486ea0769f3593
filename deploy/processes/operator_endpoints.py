"""What does a process tell its operators? It serves ``/metrics``, ``/livez`` and ``/readyz``."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.health import Check
from deploy.connection_bounds import Bounds
from deploy.databases.metrics import DatabaseMetrics
from deploy.http.server import serve
from deploy.processes.background_tasks import running_in_background
from deploy.processes.last_looks import LastLooks
from deploy.processes.loop_watch import watching_loop

Observe = Callable[[], Awaitable[None]]

ALIVE = {"status": "alive"}
"""The answer of a process that can answer at all."""

OPERATOR_BOUNDS = Bounds(connections=64, connections_per_address=64)
"""Bounds of the operators' listener, so that a crowd at the api keeps no operator out. Probes of
Kubernetes come from one address, and so do requests through a gateway."""


def new_registry() -> CollectorRegistry:
    """Return a registry with the metrics of every process: build, memory, files, time.

    Series that tell when another one was made would be a third of all, and no query needs them.
    """
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    build = Info("muster_build", "The version of Muster that runs.", registry=registry)
    build.info({"version": version("muster-scim")})
    return registry


@dataclass(slots=True)
class OperatorEndpoints:
    """The metrics and health checks of a process, to which its parts add theirs at their start.

    ``observations`` set gauges before each scrape.
    """

    registry: CollectorRegistry = field(default_factory=new_registry)
    checks: list[Check] = field(default_factory=list)
    observations: list[Observe] = field(default_factory=list)
    databases: DatabaseMetrics = field(init=False)
    looks: LastLooks = field(init=False)

    def __post_init__(self) -> None:
        """Make the objects that parts share: the metrics of databases, and the looks at checks."""
        self.databases = DatabaseMetrics(self.registry)
        self.looks = LastLooks(self.checks)

    def app(self) -> Starlette:
        """Return the web application for the port of the operators.

        It does without FastAPI, which a relay and a worker would load for these routes alone.
        """
        return Starlette(
            routes=[
                Route("/metrics", self._metrics),
                Route("/livez", livez),
                Route("/readyz", self._readyz),
            ]
        )

    async def _metrics(self, request: Request) -> Response:
        await asyncio.gather(*(observe() for observe in self.observations))
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self.registry), headers={"Content-Type": content_type})

    async def _readyz(self, _request: Request) -> Response:
        told, status = await readiness(self.looks)
        return JSONResponse(told, status)


@asynccontextmanager
async def serving_operators(
    listener: socket.socket, stop: asyncio.Event
) -> AsyncIterator[OperatorEndpoints]:
    """Serve metrics and health for as long as the block runs, its draining included.

    From the stop on the process is not ready, so that balancers send it no more work.
    """
    endpoints = OperatorEndpoints()

    async def draining() -> str | None:
        return "draining" if stop.is_set() else None

    endpoints.checks.append(Check("process", draining))
    async with (
        running_in_background(lambda end: serve(endpoints.app(), listener, end, OPERATOR_BOUNDS)),
        watching_loop(endpoints.registry),
    ):
        try:
            yield endpoints
        finally:
            await endpoints.looks.end()


async def livez(_request: Request) -> Response:
    """Answer that the process is alive, for which it checks nothing."""
    return JSONResponse(ALIVE)


async def readiness(looks: LastLooks) -> tuple[dict[str, Any], int]:
    """Return the readiness of a process, with problems and remarks, and the answer's status."""
    health = await looks.health()
    told = {
        "status": "ready" if health.is_ready else "not ready",
        "problems": health.problems,
        "remarks": health.remarks,
    }
    return told, 200 if health.is_ready else 503
