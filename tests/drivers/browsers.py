"""How do tests use the console without a browser? By requests, with the cookies it has set."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import unescape

import httpx2
from fastapi import FastAPI

from api.console.cookies import OF_HOST, SESSION
from api.console.sessions import proof_of

CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
CONSOLE_PATH = "/console"
CONSOLE_URL = f"https://admin.test{CONSOLE_PATH}"


@dataclass(slots=True)
class Visitor:
    """A visitor of the console, who keeps cookies and the proof of the newest page's forms."""

    http: httpx2.AsyncClient
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """Ask for a page, as a browser that follows redirects."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._read(
            await self.http.get(CONSOLE_URL + path, headers=sent, follow_redirects=True)
        )

    async def text(self, path: str) -> str:
        """Return a page that has to be there, with its entities read."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    async def send(
        self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None, **headers: str
    ) -> httpx2.Response:
        """Send a form of the newest page, and follow to the page that answers."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        form = {"csrf": self.csrf, **(fields or {})}
        return self._read(
            await self.http.post(CONSOLE_URL + path, data=form, headers=sent, follow_redirects=True)
        )

    @property
    def secret(self) -> str:
        """Return the secret of the session, which its cookie holds."""
        return str(self.http.cookies[f"{OF_HOST}{SESSION}"])

    async def sign_in(self, token: str) -> httpx2.Response:
        """Begin a session."""
        return await self.send("/sign-in", {"token": token})

    def _read(self, answer: httpx2.Response) -> httpx2.Response:
        if (found := CSRF.search(answer.text)) is not None:
            self.csrf = found[1]
        return answer


def visitor_of(app: FastAPI) -> Visitor:
    """Return somebody who has no session yet."""
    return Visitor(httpx2.AsyncClient(transport=httpx2.ASGITransport(app)))


async def signed_in(app: FastAPI, token: str) -> Visitor:
    """Return somebody with a session, who has looked at no page yet.

    The proof of the forms is derived as the session does it: reading it off a page would render the
    first page of the console for each visitor of a test, which few tests look at.
    """
    visitor = visitor_of(app)
    answer = await visitor.http.post(f"{CONSOLE_URL}/sign-in", data={"token": token})
    assert answer.status_code == 303, answer.text
    visitor.csrf = proof_of(visitor.secret)
    return visitor


def link_of(page: str, rel: str) -> str | None:
    """Return the path of the link of a page to the one that follows or precedes it, if any."""
    found = re.search(rf'href="{CONSOLE_PATH}([^"]*)" rel="{rel}"', page)
    return None if found is None else unescape(found[1])
