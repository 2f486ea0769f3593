"""What does a request keep until its answer is sent? It keeps its trace, and a stack with its slot.

The answer is sent after its handler has returned, which takes long with a slow client.
"""

from contextlib import ExitStack

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.http.correlation import trace_from


class TracedRequest(Request):
    """A request with the parts that Muster keeps of it.

    ``pairs`` has the headers in order, and ``first`` the first value of each name: with Starlette's
    headers, each look-up is a search through all. ``trace`` goes into log lines and events.
    ``exit_stack`` is unwound when the answer has been sent. ``connection_id`` is that of an
    existing connection, for the log, and no other value from a client. ``token`` is the digest of
    its token if that is valid, and ``refused_by`` the error that was answered, if any.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.pairs = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
        ]
        self.first = dict(reversed(self.pairs))
        self.trace = trace_from(self.first)
        self.exit_stack = ExitStack()
        self.connection_id: str | None = None
        self.token: str | None = None
        self.refused_by: Exception | None = None
