"""How does the admin API run in a process of its own? Relays find its marks at their looks."""

import asyncio
import socket

from deploy.databases.open_databases import Databases
from deploy.http.metrics import HttpMetrics
from deploy.http.server import serve
from deploy.processes.configured_admin import configured_admin
from deploy.processes.health_checks import instrument_admin
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.settings import Settings


async def run_admin(
    settings: Settings,
    listener: socket.socket,
    databases: Databases,
    endpoints: OperatorEndpoints,
    stop: asyncio.Event,
) -> None:
    """Serve administrators until stopped."""
    instrument_admin(endpoints, databases)
    app = configured_admin(settings, databases, endpoints)
    await serve(app, listener, stop, settings.bounds, HttpMetrics(endpoints.registry))
