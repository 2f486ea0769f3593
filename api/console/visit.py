"""What does a page know of its request? It has use cases, session and form, and answers."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.connections import list_connections
from api.admin.http.sealing import list_named
from api.admin.workspaces import list_workspaces, workspace_named
from api.console.cookies import MESSAGE, SESSION, Cookies, cookies_of
from api.console.errors import WorkspaceNeeded
from api.console.forms import Form
from api.console.fragments import is_fragment
from api.console.places import Place, place_in, sealed_place, sealed_text, unsealed_text
from api.console.rendering import THE_REST, rendered
from api.console.sessions import Session, Sessions
from api.console.words import shortened
from contracts.downstream.pages import Page

FIRST_ERROR = 400
"""The lowest status of pages that tell of an error."""

IN_SCOPE, ARRIVAL_IN_SCOPE = "muster.visit", "muster.arrival"
"""The keys of an ASGI scope under which the doorway gives the pages the visit, or the arrival."""

LONGEST_MESSAGE, LONGEST_KEPT = 300, 600
"""Characters of the texts that a cookie brings to the next page: browsers drop cookies of more than
4 KB, and proxies refuse answers with larger headers."""

UNBUFFERED = {"X-Accel-Buffering": "no"}
"""Lets the proxies that would hold a page back until its end send each part on."""

PLACE = "at"
"""The parameter of a URL that says where in its list the page is."""

OF_MESSAGE, OF_SEARCH = "message", "search"
"""The matters of sealed texts."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to a page that takes no session, such as the sign-in."""

    it: Administration
    sessions: Sessions
    request: Request
    form: Form

    @property
    def root(self) -> str:
        """Return the path that the paths of all pages begin with."""
        return str(self.request.scope["root_path"])

    @property
    def cookies(self) -> Cookies:
        """Return the cookies of the request, and those that its answer sets."""
        return cookies_of(self.request, self.it.console_url)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by a session. Pages ask use cases with ``it`` and ``actor``, and nothing else."""

    it: Administration
    sessions: Sessions
    session: Session
    request: Request
    form: Form

    @property
    def actor(self) -> Actor:
        """Return the actor for whom the use cases run."""
        return self.session.actor

    @property
    def may_change(self) -> bool:
        """Return whether the visitor may change what it sees; pages leave out forms otherwise."""
        return self.actor.power >= Power.OWN

    @property
    def root(self) -> str:
        """Return the path that the paths of all pages begin with."""
        return str(self.request.scope["root_path"])

    @property
    def cookies(self) -> Cookies:
        """Return the cookies of the request, and those that its answer sets."""
        return cookies_of(self.request, self.it.console_url)

    def asked(self, name: str) -> str:
        """Return a parameter of the URL; an empty text where it is missing."""
        return self.request.query_params.get(name, "")

    def named(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    async def workspace(self) -> str:
        """Return the workspace that the page is about, by its exact name.

        :raises WorkspaceNeeded: when the URL names none, and the visitor reaches several.
        :raises UnknownWorkspace: when the visitor does not reach the workspace.
        """
        named = self.asked("workspace") or self.form.text("workspace") or self.actor.workspace
        if not named:
            every = await list_workspaces(self.it, self.actor)
            if len(every) != 1:
                raise WorkspaceNeeded
            return every[0].workspace
        return await workspace_named(self.it, self.actor, named, Power.VIEW)

    async def connections(self, workspace: str) -> Sequence[str]:
        """Return the ids of a workspace's connections, for menus that choose one."""
        found = await list_connections(self.it, self.actor, workspace)
        return [each.id for each in found]

    def place(self) -> Place:
        """Return where in its list the visitor is; the first page, where the URL tells no place."""
        return place_in(self.session.secret, self.asked(PLACE), self._list)

    def search(self) -> str:
        """Return the text that is searched for."""
        return unsealed_text(self.session.secret, self.asked("q"), OF_SEARCH)

    def sealed_search(self, text: str) -> str:
        """Return a text to be searched for as the parameter ``q`` of a URL."""
        return sealed_text(self.session.secret, text, OF_SEARCH) if text else ""

    def url(self, path: str, **query: object) -> str:
        """Return the URL of a page with parameters; those without a value are left out."""
        given = {name: str(it) for name, it in query.items() if it not in (None, "", False)}
        return f"{self.root}{path}" + (f"?{urlencode(given)}" if given else "")

    def pager(self, page: Page[Any]) -> dict[str, str | None]:
        """Return the URLs of the first page of a list, the one before and the next one."""
        place = self.place()
        return {
            "first": self._at(Place()) if place.after is not None else None,
            "preceding": self._at(place.preceding),
            "following": self._at(place.following(page)),
        }

    def _at(self, place: Place | None) -> str | None:
        if place is None:
            return None
        path, query = self.request.url.path, self._filters
        if place.after is not None:
            query.append((PLACE, sealed_place(self.session.secret, place, self._list)))
        return f"{path}?{urlencode(query)}" if query else path

    @property
    def _filters(self) -> list[tuple[str, str]]:
        """Return the parameters of the URL that say which list is shown."""
        return [it for it in self.request.query_params.multi_items() if it[0] != PLACE]

    @property
    def _list(self) -> str:
        return list_named(self.request.url.path, self._filters)

    def page(self, template: str, /, status: int = 200, **shown: Any) -> Response:
        """Return a page, with the message that an earlier request has left for it, if any.

        A page that tells of an error leaves the message to the next look at the same path.
        """
        is_whole = status < FIRST_ERROR and not is_fragment(self.request)
        message = self._message() if is_whole else None
        content = rendered(template, self, message=message, **shown)
        answer = HTMLResponse(content, status)
        if message is not None:
            self.cookies.forget(answer, MESSAGE)
        return answer

    def part(self, template: str, /, **shown: Any) -> str:
        """Return a part of a page."""
        return rendered(template, self, **shown)

    def page_in_parts(
        self, template: str, parts: AsyncIterator[str], /, status: int = 200, **shown: Any
    ) -> StreamingResponse:
        """Return a page that is sent while it is made.

        :param parts: the texts in place of ``THE_REST``. An error in them ends the page.
        """
        beginning, _, end = self.part(template, message=None, **shown).partition(THE_REST)

        async def content() -> AsyncIterator[str]:
            yield beginning
            async for part in parts:
                yield part
            yield end

        return StreamingResponse(content(), status, UNBUFFERED, "text/html")

    def redirect(self, url: str, message: str = "", **kept: str) -> Response:
        """Return an answer that leads to another page, which shows a message once.

        The message is sealed for the path of that page. A second window, or a form that was sent
        twice, may ask for another page meanwhile, which neither opens nor forgets the message.

        :param kept: values that the page shows beside the message, also once, such as a new token.
        """
        answer = RedirectResponse(url, 303)
        kept = {name: value for name, value in kept.items() if len(value) <= LONGEST_KEPT}
        if message or kept:
            told = json.dumps(
                {"message": shortened(message, LONGEST_MESSAGE), **kept}, ensure_ascii=False
            )
            about = _message_for(urlsplit(url).path)
            self.cookies.set_message(answer, sealed_text(self.session.secret, told, about))
        return answer

    def signed_out(self) -> Response:
        """Return an answer that leads to the sign-in, with the session's cookie forgotten."""
        answer = RedirectResponse(self.url("/sign-in"), 303)
        self.cookies.forget(answer, SESSION, MESSAGE)
        return answer

    def _message(self) -> dict[str, str] | None:
        sealed = self.cookies.message
        about = _message_for(self.request.url.path)
        opened = unsealed_text(self.session.secret, sealed, about) if sealed else ""
        return json.loads(opened) if opened else None


def _message_for(path: str) -> str:
    """Return the matter of a message, for its seal: the page that shows it."""
    return f"{OF_MESSAGE} {unquote(path)}"


def visit_of(request: Request) -> Visit:
    """Return the visit of a request that has come through the doorway."""
    visit = request.scope[IN_SCOPE]
    assert isinstance(visit, Visit)
    return visit


def arrival_of(request: Request) -> Arrival:
    """Return the arrival of a request to a page that takes no session."""
    arrival = request.scope[ARRIVAL_IN_SCOPE]
    assert isinstance(arrival, Arrival)
    return arrival
