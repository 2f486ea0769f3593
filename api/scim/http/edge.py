"""Where does HTTP end? The edge reads requests, and answers whatever becomes of them in SCIM."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from fastapi import Request, Response
from scim2_models import ScimProvider, UnauthorizedException
from scim2_server.errors import MethodNotAllowedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from api.access.bearer import Doorkeeper, OpenedConnection, seal_of
from api.connection_urls import PREFIX, base_url_of
from api.directory.dialects import DirectoryDatabase
from api.fairness.shares import Shares
from api.http.correlation import trace_of
from api.http.exit_stacks import held_by
from api.http.request_log import note_connection
from api.retries import despite_conflicts
from api.scim.errors import BodyTooSlow, Later, as_scim, forget
from api.scim.http.read_body import read_body
from api.scim.http.responses import as_http, without_body
from api.scim.operations.handler import DirectoryHandler
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import MusterService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.resource_locks import ResourceLocks
from api.scim.users.batching import SharedUsers
from contracts.clock import Clock

NOBODY = "nobody"
"""The seal of a service that answers with nothing but errors."""

WITH_BODY = {"POST", "PUT", "PATCH"}

WRITING = {
    Operation.create,
    Operation.replace,
    Operation.patch,
    Operation.delete,
    Operation.bulk,
}


@dataclass(frozen=True, slots=True)
class ScimEdge:
    """Serves SCIM over HTTP: authenticates, reads the body, and answers whatever happens."""

    database: DirectoryDatabase
    doorkeeper: Doorkeeper
    users: SharedUsers
    provider: ScimProvider
    public_url: str
    on_write: Callable[[], None]
    limits: Limits
    clock: Clock
    shares: Shares
    locks: ResourceLocks

    async def serve(self, request: Request) -> Response:
        """Answer a request on any path below the prefix."""
        try:
            answer = as_http(await self._served(request))
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            answer = self.refuse(error)
            forget(error)
        return without_body(answer) if request.method == "HEAD" else answer

    def refuse(self, error: Exception) -> Response:
        """Answer with a SCIM error."""
        refusal = as_scim(error)
        answer = as_http(self._service(NOBODY).error_response(refusal))
        match refusal:
            case Later(seconds=seconds):
                answer.headers["Retry-After"] = str(seconds)
            case BodyTooSlow():
                answer.headers["Connection"] = "close"  # the rest is not waited for
            case MethodNotAllowedException() if "GET" in refusal.allowed:
                answer.headers["Allow"] = ", ".join(sorted({*refusal.allowed, "HEAD"}))
        return answer

    async def _served(self, request: Request) -> ScimResponse:
        connection_id, _, path = _below_prefix(request.scope["path"]).partition("/")
        authorization = request.headers.get("authorization", "")
        connection = await self._admit(request, connection_id, authorization)
        held = held_by(request)
        await held.enter_async_context(self.shares.requests.slot(connection.id))
        service = self._service(seal_of(authorization))
        asked = ScimRequest(
            method="GET" if request.method == "HEAD" else request.method,
            base_url=base_url_of(self.public_url, connection.id),
            path=f"/{path}",
            query=dict(request.query_params),
            headers=request.headers.items(),
        )
        operation = service.match(asked).operation
        async with AsyncExitStack() as needed:  # what a body takes, until it has been handled
            if asked.method in WITH_BODY:
                limit = service.max_body_size(asked)
                asked.body = await self._body(request, limit, connection, needed)
            return await self._handled(request, asked, operation, service, connection)

    async def _handled(
        self,
        request: Request,
        asked: ScimRequest,
        operation: Operation,
        service: MusterService,
        connection: OpenedConnection,
    ) -> ScimResponse:
        if operation is Operation.search_with_body:  # a write looks at its token when it commits
            authorization = request.headers.get("authorization", "")
            connection = await self.doorkeeper.open(connection.id, authorization)
        transactions = Transactions(
            self.database,
            connection,
            trace_of(request),
            self.shares,
            self.locks,
            self.clock,
            self.limits.search_seconds,
            hung_up=lambda: _hung_up(request),
        )
        handler = DirectoryHandler(service, transactions, self.users)
        response = await despite_conflicts(handler.handle, asked)
        if operation in WRITING:
            self.on_write()
        return response

    async def _body(
        self, request: Request, limit: int, connection: OpenedConnection, held: AsyncExitStack
    ) -> bytes:
        seconds, bodies = self.limits.body_seconds, self.shares.bodies
        return await read_body(request, limit, seconds, bodies, connection.id, held)

    async def _admit(
        self, request: Request, connection_id: str, authorization: str
    ) -> OpenedConnection:
        """Let a request in. Its line of the log names the connection where there is one."""
        try:
            opened = await self.doorkeeper.open(connection_id, authorization)
        except UnauthorizedException:
            if await self.doorkeeper.knows(connection_id):
                note_connection(request, connection_id)
            raise
        note_connection(request, opened.id)
        return opened

    def _service(self, seal: str) -> MusterService:
        return MusterService(self.provider, self.limits, secret=seal)


def _below_prefix(path: str) -> str:
    return path.partition(f"{PREFIX}/")[2]


async def _hung_up(request: Request) -> None:
    """Wait until the client has gone; its body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
