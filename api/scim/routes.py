"""How does HTTP reach the SCIM service? Routes that all lead to one function."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, Request, Response
from scim2_models import ScimProvider, UnauthorizedException
from scim2_server.errors import MethodNotAllowedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse
from scim2_server.routing import Operation

from api.correlation import trace_of
from api.directory.database import DirectoryDatabase
from api.observed_requests import note_connection
from api.retries import despite_conflicts
from api.scim.authentication import Doorkeeper, OpenedConnection, seal_of
from api.scim.bodies import read_body
from api.scim.documentation import described
from api.scim.endpoints import ENDPOINTS
from api.scim.errors import BodyTooSlow, TryAgainLater, as_scim
from api.scim.handler import DirectoryHandler
from api.scim.json_answers import ScimAnswer
from api.scim.limits import Limits
from api.scim.service import MusterService
from api.scim.shared_users import SharedUsers
from api.scim.storage import DirectoryStorage
from api.scim.turns import Turns
from contracts.clock import Clock

PREFIX = "/scim/v2"

RETRY_AFTER_SECONDS = 5
"""An integer: not every provider understands a date."""

NOBODY = "nobody"
"""The seal of a service that answers with nothing but errors."""

WITH_BODY = {"POST", "PUT", "PATCH"}

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]

WRITING = {
    Operation.create,
    Operation.replace,
    Operation.patch,
    Operation.delete,
    Operation.bulk,
}


@dataclass(frozen=True, slots=True)
class ScimEdge:
    """Where HTTP ends: authenticates, reads the body, and answers whatever happens in SCIM."""

    database: DirectoryDatabase
    doorkeeper: Doorkeeper
    users: SharedUsers
    provider: ScimProvider
    public_url: str
    on_write: Callable[[], None]
    limits: Limits
    clock: Clock
    turns: Turns

    async def serve(self, request: Request) -> Response:
        """Answer a request on any path below the prefix."""
        try:
            answer = as_http(await self._served(request))
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            answer = self.refuse(error)
        if request.method == "HEAD":  # what GET would answer, without the body (RFC 9110 9.3.2)
            answer.body = b""
        return answer

    def refuse(self, error: Exception) -> Response:
        """Answer with a SCIM error."""
        refusal = as_scim(error)
        answer = as_http(self._service(NOBODY).error_response(refusal))
        match refusal:
            case TryAgainLater():
                answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            case BodyTooSlow():
                answer.headers["Connection"] = "close"  # the rest is not waited for
            case MethodNotAllowedException() if "GET" in refusal.allowed:
                answer.headers["Allow"] = ", ".join(sorted({*refusal.allowed, "HEAD"}))
        return answer

    async def _served(self, request: Request) -> ScimResponse:
        connection_id, _, path = _below_prefix(request.scope["path"]).partition("/")
        authorization = request.headers.get("authorization", "")
        connection = await self._admit(request, connection_id, authorization)
        service = self._service(seal_of(authorization))
        asked = ScimRequest(
            method="GET" if request.method == "HEAD" else request.method,
            base_url=base_url_of(self.public_url, connection.id),
            path=f"/{path}",
            query=dict(request.query_params),
            headers=request.headers.items(),
        )
        target = service.match(asked)
        writing = target.operation in WRITING
        if asked.method in WITH_BODY:
            largest = service.max_body_size(asked)
            asked.body = await read_body(request, largest, self.limits.body_seconds)
        storage = DirectoryStorage(
            self.database,
            connection,
            trace_of(request),
            writing=writing,
            base_url=asked.base_url,
            members_apart=True,
            turn=partial(self.turns.at, target.resource_id and f"{connection.id}/{path}"),
            clock=self.clock,
        )
        handler = DirectoryHandler(service, storage, self.users)
        response = await despite_conflicts(handler.handle, asked)
        if writing:
            self.on_write()
        return response

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


def base_url_of(public_url: str, connection_id: str) -> str:
    """Return the base URL of a connection, as it is entered at the identity provider."""
    return f"{public_url.rstrip('/')}{PREFIX}/{connection_id}"


def as_http(response: ScimResponse) -> Response:
    """Turn an answer of the service into one of HTTP."""
    if response.body is None:
        headers = {
            name: value for name, value in response.headers.items() if name != "Content-Type"
        }
        return Response(status_code=response.status, headers=headers)
    return ScimAnswer(response.body, response.status, response.headers, media_type=SCIM_MEDIA_TYPE)


def scim_routes(edge: ScimEdge) -> APIRouter:
    """Return a documented route for each endpoint, and one for everything else."""

    async def serve(request: Request) -> Response:
        return await edge.serve(request)

    router = APIRouter(prefix=f"{PREFIX}/{{connection}}", default_response_class=Response)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            serve,
            methods=[endpoint.method],
            status_code=endpoint.status,
            tags=["SCIM 2.0"],
            **described(endpoint),
        )
    for path in ("", "/{path:path}"):
        router.add_api_route(
            path,
            serve,
            methods=ANY_METHOD,
            name="unknown_endpoint",
            include_in_schema=False,
        )
    return router


def _below_prefix(path: str) -> str:
    return path.partition(f"{PREFIX}/")[2]
