"""Where have browsers reached the console? A setting tells it, and else the request itself.

TLS ends at a proxy, which may or may not tell so: decision 51 has the reasons for what counts.
"""

from urllib.parse import urlsplit

from starlette.requests import Request

DEFAULT_PORTS = {"http": ":80", "https": ":443"}
"""The ports that addresses of a scheme leave out (RFC 9110, section 4.2)."""


def is_secure(request: Request, console_url: str | None) -> bool:
    """Return whether the browser has come over TLS.

    The setting counts for the host that it names. A client that lies in a header only keeps its
    own cookie back.

    :param console_url: the address of the setting, without a path; None where there is none.
    """
    forwarded = request.headers.get("x-forwarded-proto", "").split(",")[0].strip().lower()
    if "https" in (request.url.scheme, forwarded):
        return True
    return console_url is not None and console_url == f"https://{_host_of(request, 'https')}"


def origin_of(request: Request, console_url: str | None) -> str:
    """Return the address that links for others begin with, without a path."""
    if console_url is not None:
        return console_url
    scheme = "https" if is_secure(request, None) else "http"
    return f"{scheme}://{request.url.netloc}"


def comes_from_here(request: Request, console_url: str | None) -> bool:
    """Return whether a form was sent by a page of the console, as far as the browser tells.

    A page without TLS is no page of a console that is reached over TLS: on its way, anybody may
    have changed it. Where nothing tells of TLS, an origin of either scheme may be the console's.
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched in {"same-origin", "none"}
    origin = request.headers.get("origin")
    if origin in (None, console_url):
        return True
    scheme, host = _parts_of(origin)
    if scheme != "https" and is_secure(request, console_url):
        return False
    return host == _host_of(request, scheme)


def _host_of(request: Request, scheme: str) -> str | None:
    """Return the host that the request was sent to; None where it tells none.

    :param scheme: the scheme whose default port is left out, as browsers and not all proxies do.
    """
    host = request.headers.get("host")
    return None if host is None else host.lower().removesuffix(DEFAULT_PORTS.get(scheme, ""))


def _parts_of(origin: str) -> tuple[str, str | None]:
    """Return the scheme of an origin, and its host with its port; None where it is no origin."""
    try:
        parts = urlsplit(origin)
    except ValueError:  # as that of http://[
        return "", None
    return parts.scheme, parts.netloc
