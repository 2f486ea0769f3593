"""What does every request of administrators pass? The gate knows, bounds and logs each of them.

The token is looked up before the body is read, and before the path is. Every error becomes a
problem here.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.admin.administration import Administration
from api.admin.http.access import Access
from api.admin.http.asked import IN_SCOPE, Asked
from api.admin.http.bounded_body import HungUp, read_body, replayed
from api.admin.http.errors import TargetTooLong
from api.admin.http.openapi import operation_of
from api.admin.http.problems import answer_to
from api.admin.http.repeats import KEY_HEADER, repeatable
from api.http.target_length import has_long_target

LOG = structlog.get_logger(__name__)

PREFIX = "/admin/v1"

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

LOOKING = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Stands in front of the routes, as a middleware.

    :param on_change: is called after each request that may have changed something.
    """

    app: ASGIApp
    it: Administration
    access: Access
    on_change: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; only those below the prefix have to pass."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PREFIX}/"):
            await self.app(scope, receive, send)
            return
        started, answer = time.perf_counter(), _Answer(send)
        try:
            await self._admit(scope, receive, answer.send)
        except HungUp:
            answer.status = 400  # only logged, never read
        except Exception as error:
            if answer.status:
                raise
            await answer_to(error, _route_of(scope))(scope, receive, answer.send)
        finally:
            _log(scope, answer.status, time.perf_counter() - started)
        if scope["method"] not in LOOKING:
            self.on_change()

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request with a live token through, with its body."""
        if has_long_target(scope):
            raise TargetTooLong
        headers = Headers(scope=scope)
        actor, secret = await self.access.actor_of(headers.get("authorization", ""))
        asked = scope[IN_SCOPE] = Asked(self.it, actor, secret)
        body = await read_body(scope, receive)
        carry_out = partial(self.app, scope, replayed(body, receive))
        key = headers.get(KEY_HEADER)
        if scope["method"] != "POST" or key is None:
            await carry_out(send)
        else:
            await repeatable(scope, key, body, asked).serve(carry_out, send)


class _Answer:
    """Sends an answer with the headers that every answer has; ``status`` is 0 until it begins."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message).update(SECURITY_HEADERS)
        await self._send(message)


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Log a request by its operation: its path and its query may be personal."""
    asked, route = scope.get(IN_SCOPE), _route_of(scope)
    LOG.info(
        "admin_request_answered",
        operation="unknown" if route is None else operation_of(route),
        status=status,
        seconds=round(seconds, 6),
        actor=asked.actor.name if isinstance(asked, Asked) else None,
    )


def _route_of(scope: Scope) -> APIRoute | None:
    """Return the route that a request has come to; None where there is none, or not yet."""
    route = scope.get("route")
    return route if isinstance(route, APIRoute) else None
