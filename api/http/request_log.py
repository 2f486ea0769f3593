"""What is noted of each SCIM request? How long its answer took, and one line of the log."""

import time

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import ApiMetrics

LOG = structlog.get_logger(__name__)


def note_connection(request: Request, connection_id: str) -> None:
    """Say of which connection a request is. Nothing else that a client sent is logged."""
    request.state.connection = connection_id


class ObservedRequests:
    """Measures and logs the requests below a prefix. What they asked for may be personal."""

    def __init__(self, app: ASGIApp, prefix: str, metrics: ApiMetrics) -> None:
        self.app = app
        self.prefix = prefix
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(f"{self.prefix}/"):
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500  # what a request that raised is answered with

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
