"""What do both apis say of themselves? Applications tell it that have no database behind them."""

from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api.admin_app import create_admin_app
from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from deploy.databases.engines import open_engines
from deploy.processes.health_routes import health_routes
from deploy.processes.last_looks import LastLooks
from tests.drivers.administration import administration_on
from tests.drivers.examinations import one_finding

PUBLIC_URL = "https://muster.test"


def silent_api(*, documented: bool = True) -> FastAPI:
    """Return the api of providers, as it is configured, which can only describe itself."""
    database = DirectoryDatabase(*open_engines("postgresql://nobody@127.0.0.1:1/nothing"))
    metrics = ApiMetrics(CollectorRegistry())
    app = create_app(database, PUBLIC_URL, metrics, documented=documented)
    app.include_router(health_routes(LastLooks([])))
    return app


def silent_admin_api(*, documented: bool = True) -> FastAPI:
    """Return the admin API, which can only describe itself."""
    no_directory: Any = None
    it = administration_on(no_directory)
    return create_admin_app(it, examination=one_finding, documented=documented)
