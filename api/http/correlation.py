"""Which log lines and events belong to a request? Its correlation id stands in all of them."""

import re
import secrets
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.identity_changed import Trace
from contracts.tracing import TRACEPARENT

CORRELATION_HEADER = "X-Correlation-ID"
IN_LOWER_CASE = CORRELATION_HEADER.lower()

SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""The ids that are accepted from a client: no such id can forge a log line or a header."""


def trace_from(headers: Mapping[str, str]) -> Trace:
    """Return the trace of a request; a new id replaces a missing or unsafe correlation id.

    :param headers: by their names in lower case.
    """
    sent, parent = headers.get(IN_LOWER_CASE, ""), headers.get("traceparent", "")
    return Trace(
        correlation_id=sent if SAFE_ID.fullmatch(sent) else secrets.token_hex(16),
        traceparent=parent if TRACEPARENT.fullmatch(parent) else None,
    )


class CorrelationIds:
    """Gives the log lines of every request, and its answer, the correlation id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace = trace_from(Headers(scope=scope))

        async def send_with_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[CORRELATION_HEADER] = trace.correlation_id
            await send(message)

        with structlog.contextvars.bound_contextvars(correlation_id=trace.correlation_id):
            await self.app(scope, receive, send_with_header)
