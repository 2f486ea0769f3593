"""What does every request to the console pass? The doorway knows the session and checks forms.

Every error becomes a page here. A request is logged by its route: its URL may be personal.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.admin.administration import Administration
from api.admin.http.bounded_body import HungUp, read_body
from api.admin.http.errors import MethodNotAllowed, TargetTooLong, UnknownPath
from api.admin.http.problems import foreseen, title_of
from api.admin.remedies import REMEDIES
from api.console.address import comes_from_here
from api.console.cookies import cookies_of
from api.console.errors import ForgedForm, SignInNeeded
from api.console.forms import Form, form_in
from api.console.fragments import is_fragment
from api.console.rendering import rendered_alone
from api.console.sessions import Session, Sessions
from api.console.visit import ARRIVAL_IN_SCOPE, IN_SCOPE, Arrival, Visit
from api.http.target_length import has_long_target

LOG = structlog.get_logger(__name__)

SECURITY_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

CSRF_FIELD = "csrf"
"""The field of every form that proves that it was made for this session."""

LOST = "Go back, or begin at the overview of the workspace."
"""The remedy at a path without a page."""

LOOKING = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Doorway:
    """Stands in front of the pages, as a middleware of the console.

    :param public: the beginnings of paths that take no session, below the console's own.
    :param setting_up: the beginnings of paths that the session of a set-up link reaches.
    :param on_change: is called after each form of a session, which may have changed something.
    """

    app: ASGIApp
    it: Administration
    sessions: Sessions
    public: Collection[str]
    setting_up: Collection[str]
    on_change: Callable[[], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request of a browser."""
        if scope["type"] != "http":
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
            await _page_of(error, Request(scope))(scope, receive, answer.send)
        finally:
            _log(scope, answer.status, time.perf_counter() - started)
        if scope["method"] not in LOOKING and IN_SCOPE in scope:
            self.on_change()

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        if has_long_target(scope):
            raise TargetTooLong
        request, path = Request(scope), _path_of(scope)
        is_public = path.startswith(tuple(self.public))
        session = None if is_public else await self._session_of(request)
        if session is None and not is_public:
            raise SignInNeeded
        if session is not None:  # so that errors have the frame of the session's pages
            scope[IN_SCOPE] = Visit(self.it, self.sessions, session, request, Form())
        if session is not None and session.only and not path.startswith(tuple(self.setting_up)):
            raise UnknownPath
        form = await self._form_of(request, receive, session)
        scope[ARRIVAL_IN_SCOPE] = Arrival(self.it, self.sessions, request, form)
        if session is not None:
            scope[IN_SCOPE] = Visit(self.it, self.sessions, session, request, form)
        await self.app(scope, receive, send)

    async def _session_of(self, request: Request) -> Session | None:
        secret = cookies_of(request, self.it.console_url).session
        if not secret:
            return None
        return await self.sessions.find(secret, is_used=not is_fragment(request))

    async def _form_of(self, request: Request, receive: Receive, session: Session | None) -> Form:
        if request.method != "POST":
            return Form()  # no page takes another method that has a body
        if not comes_from_here(request, self.it.console_url):
            raise ForgedForm
        body = await read_body(request.scope, receive)
        form = form_in(body, request.headers.get("content-type", ""))
        if session is not None and not session.made(form.text(CSRF_FIELD)):
            raise ForgedForm
        return form


class _Answer:
    """Sends an answer with the headers that every page has; ``status`` is 0 until it begins."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _page_of(error: Exception, request: Request) -> Response:
    """Return the page that tells of an error, or the sign-in where a session is missing."""
    if isinstance(error, HTTPException):
        is_there = error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        error = MethodNotAllowed("other methods") if is_there else UnknownPath()
    if isinstance(error, SignInNeeded):
        if is_fragment(request):
            return rendered_alone("session_ended.html", request, error.status)
        return RedirectResponse(f"{request.scope['root_path']}/sign-in", 303)
    told = foreseen(error)
    visit = request.scope.get(IN_SCOPE)
    shown = {
        "title": "Not found" if isinstance(told, UnknownPath) else title_of(told.code),
        "detail": str(told),
        "remedy": LOST if isinstance(told, UnknownPath) else REMEDIES[told.code],
    }
    if isinstance(visit, Visit):
        return visit.page("problem.html", told.status, **shown)
    return rendered_alone("problem_alone.html", request, told.status, **shown)


def _path_of(scope: Scope) -> str:
    """Return the path below that of the console."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) or "/"


def _log(scope: Scope, status: int, seconds: float) -> None:
    visit, endpoint = scope.get(IN_SCOPE), scope.get("endpoint")
    LOG.info(
        "console_request_answered",
        page=getattr(endpoint, "__name__", "unknown"),
        method=scope["method"],
        status=status,
        seconds=round(seconds, 6),
        actor=visit.actor.name if isinstance(visit, Visit) else None,
    )
