"""Where have browsers reached the console? A setting tells it, and else the request itself.

TLS ends at a proxy, which may or may not tell so: decision 51 has the reasons for what counts.
"""

from urllib.parse import urlsplit

from starlette.requests import Request


def is_secure(request: Request, console_url: str | None) -> bool:
    """Return whether the browser has come over TLS.

    The setting counts for the host that it names. A client that lies in a header only keeps its
    own cookie back.

    :param console_url: the address of the setting, without a path; None where there is none.
    """
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    if "https" in (request.url.scheme, forwarded):
        return True
    return console_url is not None and console_url == f"https://{_host_of(request)}"


def origin_of(request: Request, console_url: str | None) -> str:
    """Return the address that links for others begin with, without a path."""
    if console_url is not None:
        return console_url
    scheme = "https" if is_secure(request, None) else "http"
    return f"{scheme}://{request.url.netloc}"


def comes_from_here(request: Request, console_url: str | None) -> bool:
    """Return whether a form was sent by a page of the console, as far as the browser tells."""
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin in (None, console_url) or _host_in(origin) == _host_of(request)


def _host_of(request: Request) -> str | None:
    """Return the host that the request was sent to, with its port; None where it tells none."""
    host = request.headers.get("host")
    return None if host is None else host.lower()


def _host_in(origin: str) -> str | None:
    """Return the host of an origin with its port; None where it is no origin."""
    try:
        return urlsplit(origin).netloc
    except ValueError:  # as that of http://[
        return None
