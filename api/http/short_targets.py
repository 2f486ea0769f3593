"""How long may the target of a request be? This middleware refuses more than 24 KiB.

Targets are decoded before tokens are checked, and decoding takes a microsecond for six characters.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_TARGET = 24 * 1024
"""Bytes of path and query. The longest filter fits, with its blanks and quotes encoded; a longer
search can be sent as a body."""


class ShortTargets:
    """Answers requests whose target is too long, and passes the others on.

    :param refuse: returns the answer to a request whose target is too long.
    """

    def __init__(self, app: ASGIApp, refuse: Callable[[], Response]) -> None:
        self.app = app
        self.refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _length(Request(scope)) > LONGEST_TARGET:
            await self.refuse()(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _length(request: Request) -> int:
    return len(request.scope["path"]) + len(request.scope.get("query_string", b""))
