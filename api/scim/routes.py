"""How does HTTP reach the SCIM service? Routes that all lead to one function."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import APIRouter, Request, Response, Security
from fastapi.security import HTTPBearer
from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import SCIM_MEDIA_TYPE, ScimResponse

from api.correlation import trace_of
from api.directory.database import DirectoryDatabase
from api.retries import after_conflicts, is_away
from api.scim.authentication import open_connection
from api.scim.bodies import read_body
from api.scim.documentation import described
from api.scim.endpoints import ENDPOINTS
from api.scim.handler import DirectoryHandler
from api.scim.json_answers import ScimAnswer
from api.scim.service import MusterService
from api.scim.storage import DirectoryStorage
from contracts.clock import Clock

LOG = structlog.get_logger(__name__)

PREFIX = "/scim/v2"

RETRY_AFTER_SECONDS = 5
"""An integer of seconds is what Okta understands."""

READING = {"GET", "HEAD", "OPTIONS"}
ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]


class TryAgainLater(SCIMException):
    """The database is away, or too busy to answer in time. Sending it again is safe."""

    status = 503
    _default_detail = "The directory cannot answer just now; try again"


@dataclass(frozen=True, slots=True)
class ScimEdge:
    """Where HTTP ends: authenticates, reads the body, and answers whatever happens in SCIM."""

    database: DirectoryDatabase
    service: MusterService
    public_url: str
    on_write: Callable[[], None]
    largest_body: int
    clock: Clock

    async def serve(self, request: Request) -> Response:
        """Answer a request on any path below the prefix."""
        try:
            return as_http(await self._served(request))
        except Exception as error:  # noqa: BLE001 - the one place where errors become answers
            return self.refuse(error)

    def refuse(self, error: Exception) -> Response:
        """Answer with a SCIM error; an unknown one is logged by type and place, never by text."""
        if is_away(error):
            LOG.warning("database_away", error=type(error).__name__)
            answer = as_http(self.service.error_response(TryAgainLater()))
            answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
            return answer
        if not isinstance(error, SCIMException):
            frames = traceback.extract_tb(error.__traceback__)
            places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
            LOG.error("request_failed", error=type(error).__name__, where=" ".join(places))
        return as_http(self.service.error_response(error))

    async def _served(self, request: Request) -> ScimResponse:
        connection_id, _, path = _below_prefix(request.scope["path"]).partition("/")
        connection = await open_connection(
            self.database, connection_id, request.headers.get("authorization")
        )
        method = request.method
        scim_request = ScimRequest(
            method=method,
            base_url=base_url_of(self.public_url, connection.id),
            path=f"/{path}",
            query=dict(request.query_params),
            headers=request.headers.items(),
            body=b"" if method in READING else await read_body(request, self.largest_body),
        )
        writing = method not in READING and not path.endswith(".search")
        storage = DirectoryStorage(
            self.database,
            connection,
            trace_of(request),
            writing=writing,
            members_apart=True,
            clock=self.clock,
        )
        handler = DirectoryHandler(self.service, storage)
        response: ScimResponse = await after_conflicts()(handler.handle, scim_request)
        if writing:
            self.on_write()
        return response


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

    async def serve(request: Request, connection: str) -> Response:  # noqa: ARG001 - documents it
        return await edge.serve(request)

    async def serve_one(request: Request, connection: str, id: str) -> Response:  # noqa: A002, ARG001
        return await edge.serve(request)

    async def serve_anything(request: Request) -> Response:
        return await edge.serve(request)

    bearer = HTTPBearer(auto_error=False, description="The token of the connection")
    router = APIRouter(prefix=f"{PREFIX}/{{connection}}", default_response_class=Response)
    for endpoint in ENDPOINTS:
        router.add_api_route(
            endpoint.path,
            serve_one if "{id}" in endpoint.path else serve,
            methods=[endpoint.method],
            status_code=endpoint.status,
            dependencies=[Security(bearer)],
            tags=["SCIM 2.0"],
            **described(endpoint),
        )
    for path in ("", "/{path:path}"):
        router.add_api_route(path, serve_anything, methods=ANY_METHOD, include_in_schema=False)
    return router


def _below_prefix(path: str) -> str:
    return path.partition(f"{PREFIX}/")[2]
