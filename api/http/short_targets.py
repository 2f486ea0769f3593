"""How long may the target of a request be? As long as proxies let it be, and no longer.

A target is decoded before anybody looks at the token, which takes a microsecond for six characters.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_TARGET = 24 * 1024
"""Bytes of path and query: the longest filter, with its blanks and quotes encoded. A search that is
longer can be sent as a body."""


class ShortTargets:
    """Answers requests whose target is too long, and passes the others on.

    :param refuse: gives the answer.
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
