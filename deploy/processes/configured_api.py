"""How is the api put together from the settings? Its writes wake a relay of the same process."""

from fastapi import FastAPI

from api.app import create_app
from api.directory.count_users import UserCounting
from api.fairness.rates import Rates
from api.metrics import ApiMetrics
from api.outbox.relay import Relay
from api.requests.request_book import RequestBook
from contracts.tracing import Tracing
from deploy.processes.health_routes import health_routes
from deploy.processes.operator_endpoints import OperatorEndpoints
from deploy.settings import Settings


def configured_api(
    settings: Settings,
    relay: Relay,
    metrics: ApiMetrics,
    counting: UserCounting,
    endpoints: OperatorEndpoints,
    book: RequestBook,
    rates: Rates | None,
    tracing: Tracing,
    *,
    documented: bool,
) -> FastAPI:
    """Return the application with its health endpoints.

    :param documented: whether it serves its documentation where no setting says so.
    """
    app = create_app(
        relay.database,
        settings.base,
        metrics,
        on_write=relay.wake,
        counting=counting,
        on_answer=book.note,
        limits=settings.limits,
        share_sizes=settings.share_sizes,
        rates=rates,
        documented=settings.shows_docs(by_default=documented),
        tracing=tracing,
    )
    app.include_router(health_routes(endpoints.looks))
    return app
