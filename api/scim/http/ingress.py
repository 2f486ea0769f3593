"""Where does HTTP end? The ingress reads requests, and answers them in SCIM, errors included."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import parse_qsl

from scim2_models import UnauthorizedException
from scim2_server.errors import MethodNotAllowedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from starlette.requests import Request
from starlette.responses import Response

from api.access.bearer import (
    Admission,
    BearerTokens,
    OpenedConnection,
    SwitchedOff,
    cursor_secret,
    digest_in,
)
from api.connection_urls import SCIM_PREFIX, base_url_of
from api.directory.dialects import DirectoryDatabase
from api.fairness.rates import Rates
from api.fairness.shares import Shares
from api.http.traced_request import TracedRequest
from api.retries import despite_conflicts
from api.scim.errors import BodyTooSlow, RateExceeded, Retryable, as_scim, drop_tracebacks
from api.scim.http.beyond_rate import BeyondRate
from api.scim.http.read_body import read_body
from api.scim.http.responses import as_http, without_body
from api.scim.operations.handler import DirectoryHandler
from api.scim.protocol.fast_paths import checks_its_token
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users.batching import BatchedUsers
from contracts.clock import Clock
from contracts.topology import Lane
from contracts.tracing import UNTRACED, Tracing

NO_SECRET = "nobody"  # noqa: S105 - it seals nothing
"""The secret of a service that answers with errors only, and so seals no cursor."""

METHODS_WITH_BODY = {"POST", "PUT", "PATCH"}

MARKED_LANES: Mapping[Operation, Collection[Lane]] = {
    Operation.create: (Lane.BULK,),  # a newcomer is no leaver, whatever it is
    Operation.replace: tuple(Lane),
    Operation.patch: tuple(Lane),
    Operation.delete: tuple(Lane),
    Operation.bulk: tuple(Lane),
}
"""The lanes in which each writing operation may mark identities."""


@dataclass(frozen=True, slots=True)
class ScimIngress:
    """Serves SCIM over HTTP: authenticates, reads bodies, and answers errors as well."""

    database: DirectoryDatabase
    tokens: BearerTokens
    users: BatchedUsers
    service_with: Callable[[str], TolerantScimService]
    """Returns the service that seals cursors by a secret."""
    public_url: str
    on_write: Callable[[str, Collection[Lane]], None]
    limits: Limits
    clock: Clock
    shares: Shares
    locks: ResourceLocks
    rates: Rates | None = None
    """None: no connection has a rate."""
    tracing: Tracing = UNTRACED

    async def serve(self, request: TracedRequest) -> Response:
        """Return the answer to a request on any path below the prefix."""
        try:
            answer = as_http(await self._answer_or_reason(request))
        except Exception as error:  # noqa: BLE001 - every error becomes an answer here
            request.refused_by = as_scim(error)
            answer = self._refusing(request.refused_by)
            if isinstance(error, UnauthorizedException) and request.first.get("authorization"):
                # By that, a client sees whether its token has arrived (RFC 6750 section 3.1).
                answer.headers["WWW-Authenticate"] += ', error="invalid_token"'
            drop_tracebacks(error)
        return without_body(answer) if request.method == "HEAD" else answer

    def refuse(self, error: Exception) -> Response:
        """Return the SCIM error that answers an exception (RFC 7644 section 3.12)."""
        return self._refusing(as_scim(error))

    def _refusing(self, refusal: Exception) -> Response:
        answer = as_http(self.service_with(NO_SECRET).error_response(refusal))
        match refusal:
            case Retryable(seconds=seconds):
                answer.headers["Retry-After"] = str(seconds)
            case BodyTooSlow():
                answer.headers["Connection"] = "close"  # the rest of the body is not awaited
            case MethodNotAllowedException() if "GET" in refusal.allowed:
                answer.headers["Allow"] = ", ".join(sorted({*refusal.allowed, "HEAD"}))
        return answer

    async def _answer_or_reason(self, request: TracedRequest) -> ScimResponse:
        """Answer a request; a token that opens nothing is looked at once more, to say why.

        :raises ForbiddenException: when the connection is switched off, which only a valid token
            may learn.
        """
        try:
            return await self._answer_to(request)
        except UnauthorizedException:
            connection_id, authorization = _named_by(request)
            refused = await self.tokens.why_refused(connection_id, authorization)
            if refused.connection_exists:  # the log gets any existing connection
                request.connection_id = connection_id
            request.token = digest_in(authorization) if refused.was_off else None
            if refused.was_off:
                raise SwitchedOff from None
            raise

    async def _answer_to(self, request: TracedRequest) -> ScimResponse:
        connection_id, authorization = _named_by(request)
        admission = await self.tokens.admit(connection_id, authorization)
        request.connection_id, request.token = connection_id, admission.connection.digest
        path = _below_prefix(request.scope["path"]).partition("/")[2]
        beyond = BeyondRate.of(self.rates, connection_id, request.method, path)
        try:
            answer = await self._answer_admitted(request, path, admission, beyond)
        except RateExceeded:
            raise  # such an answer costs no statement
        except Exception:
            await self.tokens.confirm(admission)
            raise
        await self.tokens.confirm(admission)
        return answer

    async def _answer_admitted(
        self,
        request: TracedRequest,
        path: str,
        admission: Admission,
        beyond: "BeyondRate | None",
    ) -> ScimResponse:
        connection = admission.connection
        await self.shares.requests.take(connection.id)
        request.exit_stack.callback(self.shares.requests.give_back, connection.id)
        service = self.service_with(cursor_secret(connection))
        scim_request = ScimRequest(
            method="GET" if request.method == "HEAD" else request.method,
            base_url=base_url_of(self.public_url, connection.id),
            path=f"/{path}",
            query=_query_of(request),
            headers=request.pairs,
        )
        target = service.match(scim_request)
        if self.database.hot is None or not checks_its_token(target, scim_request.query):
            connection = await self.tokens.confirm(admission)
        async with AsyncExitStack() as body_slots:  # held until the request has been handled
            if scim_request.method in METHODS_WITH_BODY:
                limit = service.max_body_size(scim_request)
                scim_request.body = await self._body(request, limit, connection, body_slots)
            if beyond is not None:
                beyond.check_leaving(scim_request.method, scim_request.body)
            return await self._handle(request, scim_request, target.operation, service, connection)

    async def _handle(
        self,
        request: TracedRequest,
        scim_request: ScimRequest,
        operation: Operation,
        service: TolerantScimService,
        connection: OpenedConnection,
    ) -> ScimResponse:
        if operation is Operation.search_with_body:  # a write checks its token when it commits
            authorization = request.first.get("authorization", "")
            connection = await self.tokens.authenticate(connection.id, authorization)
        transactions = Transactions(
            self.database,
            connection,
            request.trace,
            self.shares,
            self.locks,
            self.clock,
            self.limits.search_seconds,
            hung_up=lambda: _hung_up(request),
            tracing=self.tracing,
        )
        handler = DirectoryHandler(service, transactions, self.users)
        response = await despite_conflicts(handler.handle, scim_request)
        if lanes := MARKED_LANES.get(operation):
            self.on_write(connection.id, lanes)
        return response

    async def _body(
        self,
        request: TracedRequest,
        limit: int,
        connection: OpenedConnection,
        body_slots: AsyncExitStack,
    ) -> bytes:
        seconds, bodies = self.limits.body_seconds, self.shares.bodies
        return await read_body(request, limit, seconds, bodies, connection.id, body_slots)


def _named_by(request: TracedRequest) -> tuple[str, str]:
    """Return the connection that a request names, and its header with the token."""
    connection_id = _below_prefix(request.scope["path"]).partition("/")[0]
    return connection_id, request.first.get("authorization", "")


def _below_prefix(path: str) -> str:
    return path.partition(f"{SCIM_PREFIX}/")[2]


def _query_of(request: Request) -> dict[str, str]:
    """Return the parameters of a request; of those with the same name, the last one counts."""
    query: bytes = request.scope["query_string"]
    return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {}


async def _hung_up(request: Request) -> None:
    """Wait until the client hangs up, which ends a request whose body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
