"""What is mounted where? ``create_app`` builds the ASGI application out of its dependencies."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from scim2_models import NotFoundException
from scim2_server.errors import MethodNotAllowedException
from starlette.exceptions import HTTPException

from api.access.bearer import BearerTokens
from api.connection_urls import SCIM_PREFIX
from api.directory.count_users import UserCounting
from api.directory.dialects import DirectoryDatabase
from api.fairness.shares import Shares, ShareSizes
from api.http.correlation import CorrelationIds
from api.http.documentation_page import documentation_routes
from api.http.exit_stacks import ExitStacks
from api.http.request_log import ObservedRequests
from api.http.short_targets import ShortTargets
from api.metrics import ApiMetrics
from api.scim.errors import TargetTooLong
from api.scim.http.ingress import ScimIngress
from api.scim.http.openapi import scim_components
from api.scim.http.routes import scim_routes
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users.batching import BatchedUsers
from contracts.clock import Clock, now


def create_app(
    database: DirectoryDatabase,
    public_url: str,
    metrics: ApiMetrics,
    *,
    on_write: Callable[[], None] = lambda: None,
    counting: UserCounting | None = None,
    limits: Limits | None = None,
    share_sizes: ShareSizes | None = None,
    documented: bool = True,
    clock: Clock = now,
) -> FastAPI:
    """Return the application.

    :param public_url: the start of every connection's base URL, as providers reach it.
    :param on_write: called after each committed write, so that a relay in the same process need
        not wait for its next look.
    :param counting: is told which connection has written, so that it counts the users there.
    :param limits: the bounds of a single request.
    :param share_sizes: the part of the process that one connection may use.
    :param documented: whether the api serves its OpenAPI document, which takes no token.
    """
    app = _Api(
        title="Muster", redirect_slashes=False, openapi_url=None, docs_url=None, redoc_url=None
    )
    limits = limits or Limits()
    sizes = share_sizes or ShareSizes()
    shares = Shares(sizes, metrics, one_writer=database.has_one_writer)
    locks = ResourceLocks(sizes.patience)

    def note_write(connection_id: str) -> None:
        if counting is not None:
            counting.note(connection_id)
        on_write()

    ingress = ScimIngress(
        database,
        BearerTokens(database),
        BatchedUsers(database, shares, locks, clock),
        scim_provider(limits),
        public_url,
        note_write,
        limits,
        clock,
        shares,
        locks,
    )
    routes = scim_routes(ingress)
    app.include_router(routes)
    if documented:
        app.include_router(documentation_routes(app.openapi))
    metrics.expect({route.name for route in routes.routes if isinstance(route, APIRoute)})
    app.add_middleware(ExitStacks)
    app.add_middleware(ShortTargets, refuse=lambda: ingress.refuse(TargetTooLong()))
    app.add_middleware(ObservedRequests, prefix=SCIM_PREFIX, metrics=metrics)
    app.add_middleware(CorrelationIds)

    @app.exception_handler(HTTPException)
    async def _refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if not request.scope["path"].startswith(SCIM_PREFIX):
            return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
        if error.status_code == MethodNotAllowedException.status:
            return await ingress.serve(request)  # the answer lists the methods that the path takes
        return ingress.refuse(NotFoundException(detail="There is no such endpoint"))

    return app


class _Api(FastAPI):
    """FastAPI with the models and the authentication of SCIM in its OpenAPI document."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {}).update(scim_components())
        return super().openapi()
