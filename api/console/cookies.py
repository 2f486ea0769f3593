"""Which cookies does the console set? A cookie names the session, another has a message once.

Both are out of reach of scripts and of other sites (RFC 6265). Over TLS they never leave it, and
their names begin with ``__Host-``: browsers take such a cookie from the host itself alone, so that
neither a neighbouring host nor a page without TLS can put one in its place (decision 51).
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from api.console.address import is_secure

SESSION, MESSAGE = "muster_session", "muster_message"

OF_HOST = "__Host-"
"""The beginning of names that browsers take with ``Secure``, the path ``/`` and no domain alone."""

MESSAGE_SECONDS = 120
"""Seconds within which the page of a message is shown, as it usually is at once."""


@dataclass(frozen=True, slots=True)
class Cookies:
    """The cookies of a request, and those that its answer sets.

    :param secure: whether the browser has come over TLS. Then cookies of plain HTTP do not count.
    """

    request: Request
    secure: bool

    @property
    def session(self) -> str | None:
        """Return the secret of the session that the browser names, if any."""
        return self.request.cookies.get(self._name(SESSION))

    @property
    def message(self) -> str | None:
        """Return the sealed message that an earlier request has left, if any."""
        return self.request.cookies.get(self._name(MESSAGE))

    def set_session(self, answer: Response, secret: str) -> None:
        """Let the browser name the session from now on, until it is closed."""
        self._set(answer, SESSION, secret, None)

    def set_message(self, answer: Response, message: str) -> None:
        """Let the browser bring a message to the page that it is sealed for."""
        self._set(answer, MESSAGE, message, MESSAGE_SECONDS)

    def forget(self, answer: Response, *names: str) -> None:
        """Let the browser forget cookies."""
        for name in names:
            answer.delete_cookie(
                self._name(name), self._path(), secure=self.secure, httponly=True, samesite="lax"
            )

    def _set(self, answer: Response, name: str, value: str, seconds: int | None) -> None:
        answer.set_cookie(
            self._name(name),
            value,
            max_age=seconds,
            path=self._path(),
            secure=self.secure,
            httponly=True,
            samesite="lax",  # a link in a mail leads to a page, not to the sign-in
        )

    def _name(self, name: str) -> str:
        return f"{OF_HOST}{name}" if self.secure else name

    def _path(self) -> str:
        return "/" if self.secure else str(self.request.scope["root_path"]) or "/"


def cookies_of(request: Request, console_url: str | None) -> Cookies:
    """Return the cookies of a request.

    :param console_url: the address of the setting; None where there is none.
    """
    return Cookies(request, is_secure(request, console_url))
