"""Which cookies does the console set? One names the session, another carries a message once.

Both are out of reach of scripts and of other sites (RFC 6265), and over TLS they leave it never.
"""

from starlette.requests import Request
from starlette.responses import Response

SESSION, MESSAGE = "muster_session", "muster_message"

MESSAGE_SECONDS = 120
"""Seconds within which the next page is shown, as it usually is at once."""


def is_secure(request: Request) -> bool:
    """Return whether the browser reached the console over TLS, which may end at a proxy.

    A client that lies about it only keeps its own cookie back.
    """
    forwarded = request.headers.get("x-forwarded-proto", "")
    return request.url.scheme == "https" or forwarded.split(",")[0].strip().lower() == "https"


def set_session(request: Request, answer: Response, secret: str) -> None:
    """Let the browser name the session from now on, until it is closed."""
    _set(request, answer, SESSION, secret, None)


def set_message(request: Request, answer: Response, message: str) -> None:
    """Let the browser bring a message to the next page."""
    _set(request, answer, MESSAGE, message, MESSAGE_SECONDS)


def forget(request: Request, answer: Response, *names: str) -> None:
    """Let the browser forget cookies."""
    for name in names:
        answer.delete_cookie(name, _path(request), secure=is_secure(request), httponly=True)


def _set(request: Request, answer: Response, name: str, value: str, seconds: int | None) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path=_path(request),
        secure=is_secure(request),
        httponly=True,
        samesite="lax",  # a link in a mail leads to a page, not to the sign-in
    )


def _path(request: Request) -> str:
    return str(request.scope["root_path"]) or "/"
