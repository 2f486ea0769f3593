"""What is recorded of each SCIM request? A histogram gets its duration, the log gets one line."""

import time

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import ApiMetrics

LOG = structlog.get_logger(__name__)


def note_connection(request: Request, connection_id: str) -> None:
    """Note the connection of a request for the log, which gets no other value from a client."""
    request.state.connection = connection_id


class ObservedRequests:
    """Measures and logs requests below a prefix, without their paths, which may be personal."""

    def __init__(self, app: ASGIApp, prefix: str, metrics: ApiMetrics) -> None:
        self.app = app
        self.prefix = prefix
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{self.prefix}/"):
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500  # the answer to a request that raises

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.perf_counter() - started)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        operation = getattr(scope.get("route"), "name", "unknown")
        self.metrics.request_seconds.labels(operation, int(status)).observe(seconds)
        LOG.info(
            "scim_request_answered",
            operation=operation,
            status=int(status),
            seconds=round(seconds, 6),
            connection=scope.get("state", {}).get("connection"),
        )
