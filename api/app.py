"""What is mounted where? ``create_app`` builds the ASGI application out of its dependencies."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.bearer import BearerTokens, Tokens
from api.access.token_memory import TokenMemory
from api.connection_urls import SCIM_PREFIX
from api.directory.count_users import UserCounting
from api.directory.dialects import DirectoryDatabase
from api.fairness.rates import Rates
from api.fairness.share_sizes import ShareSizes
from api.fairness.shares import Shares
from api.http.correlation import CorrelationIds
from api.http.documentation_page import documentation_routes
from api.metrics import ApiMetrics
from api.requests.answered import Answered
from api.scim.http.application import BELOW_PREFIX, ScimApplication, no_such_endpoint
from api.scim.http.ingress import ScimIngress
from api.scim.http.openapi.document import DESCRIPTION, describe_scim
from api.scim.http.operation_names import OPERATION_NAMES
from api.scim.http.routes import documented_routes
from api.scim.protocol.discovery import scim_provider
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users.batching import BatchedUsers
from contracts.clock import Clock, now
from contracts.topology import Lane
from contracts.tracing import UNTRACED, Tracing

MOST_SERVICES = 1_000
"""Services that are kept, one for each token that is in use."""


def create_app(
    database: DirectoryDatabase,
    public_url: str,
    metrics: ApiMetrics,
    *,
    on_write: Callable[[Collection[Lane]], None] = lambda _lanes: None,
    counting: UserCounting | None = None,
    on_answer: Callable[[Answered], None] = lambda _answered: None,
    limits: Limits | None = None,
    share_sizes: ShareSizes | None = None,
    rates: Rates | None = None,
    documented: bool = True,
    clock: Clock = now,
    tracing: Tracing = UNTRACED,
) -> FastAPI:
    """Return the application.

    :param public_url: the start of every connection's base URL, as providers reach it.
    :param on_write: called after each committed write, with the lanes in which it may have marked
        identities, so that a relay in the same process need not wait for its next look.
    :param counting: is told which connection has written, so that it counts the users there.
    :param on_answer: called after each answer to a request that names an existing connection.
    :param limits: the bounds of a single request.
    :param share_sizes: the part of the process that one connection may use.
    :param rates: how many requests a connection may send in a second.
    :param documented: whether the api serves its OpenAPI document, which takes no token.
    :param tracing: is told of requests and their transactions.
    """
    app = _Api(
        title="Muster: SCIM 2.0",
        description=DESCRIPTION,
        version="2",
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.public_url = public_url
    limits = limits or Limits()
    sizes = share_sizes or ShareSizes()
    shares = Shares(sizes, metrics, one_writer=database.has_one_writer)
    locks = ResourceLocks(sizes.patience)
    memory: Tokens = TokenMemory()

    def note_write(connection_id: str, lanes: Collection[Lane]) -> None:
        if counting is not None:
            counting.note(connection_id)
        on_write(lanes)

    ingress = ScimIngress(
        database,
        BearerTokens(database, clock, memory),
        BatchedUsers(database, shares, locks, clock, memory, tracing),
        _service_with(limits),
        public_url,
        note_write,
        limits,
        clock,
        shares,
        locks,
        rates,
        tracing,
    )
    metrics.expect(OPERATION_NAMES)
    app.scim = ScimApplication(ingress, metrics, on_answer, tracing)
    app.include_router(documented_routes())
    if documented:
        app.include_router(documentation_routes(app.openapi, app.title))
    app.add_middleware(CorrelationIds)

    @app.exception_handler(HTTPException)
    async def _refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if request.scope["path"].startswith(SCIM_PREFIX):
            return ingress.refuse(no_such_endpoint())
        return JSONResponse({"detail": error.detail}, error.status_code, error.headers)

    return app


def _service_with(limits: Limits) -> Callable[[str], TolerantScimService]:
    """Return a function that returns the service for a secret; most secrets come many times."""
    provider = scim_provider(limits)

    @lru_cache(maxsize=MOST_SERVICES)
    def service_with(secret: str) -> TolerantScimService:
        return TolerantScimService(provider, limits, secret=secret)

    return service_with


class _Api(FastAPI):
    """FastAPI with SCIM ahead of its routes, and with SCIM's models in its OpenAPI document."""

    scim: ASGIApp
    public_url: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_scim = scope["type"] == "http" and scope["path"].startswith(BELOW_PREFIX)
        await (self.scim if is_scim else super().__call__)(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            describe_scim(super().openapi(), self.public_url)
        return super().openapi()
