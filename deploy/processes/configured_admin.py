"""How are admin API and console put together from the settings? They work on both databases."""

from collections.abc import Callable

from fastapi import FastAPI

from api.admin_app import create_admin_app
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.doctor.within import examination_within
from deploy.processes.health_routes import health_routes
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.settings import Settings


def configured_admin(
    settings: Settings,
    databases: Databases,
    endpoints: OperatorEndpoints,
    *,
    on_change: Callable[[], None] = lambda: None,
) -> FastAPI:
    """Return the application with its health endpoints.

    :param on_change: called after each request that may have marked identities.
    """
    token = settings.admin_token
    app = create_admin_app(
        administration_of(databases, settings),
        examination=examination_within(settings),
        operator_token=None if token is None else token.get_secret_value(),
        documented=settings.shows_docs(by_default=True),
        console=settings.console,
        on_change=on_change,
    )
    app.include_router(health_routes(endpoints.looks), include_in_schema=False)
    return app
