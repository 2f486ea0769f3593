"""Is it known where browsers have reached the console, whoever stands in between?"""

import pytest
from starlette.requests import Request

from api.console.address import comes_from_here, is_secure, origin_of

SET = "https://muster.example.com"
PLAIN = "http://muster.example.com"


def asked(scheme: str = "http", **headers: str) -> Request:
    """Return a request for the console, which its process has seen by a scheme."""
    sent = {"host": "muster.example.com"} | headers
    lines = [(name.replace("_", "-").encode(), it.encode()) for name, it in sent.items() if it]
    scope = {"type": "http", "scheme": scheme, "path": "/console/", "headers": lines}
    return Request(scope | {"server": ("10.0.0.7", 8001), "query_string": b""})


@pytest.mark.parametrize(
    ("request_", "console_url", "expected"),
    [
        (asked(), None, False),
        (asked("https"), None, True),
        (asked(x_forwarded_proto="https"), None, True),
        (asked(x_forwarded_proto="HTTPS, http"), None, True),
        (asked(x_forwarded_proto="http, https"), None, False),
        (asked(x_forwarded_proto="http"), PLAIN, False),
        (asked(x_forwarded_proto="https"), PLAIN, True),
        (asked(), SET, True),
        (asked(host="Muster.Example.COM"), SET, True),
        (asked(host="muster.example.com:443"), SET, True),
        (asked(host="muster.example.com:80"), SET, False),
        (asked(host="127.0.0.1:8001"), SET, False),
        (asked(host=""), SET, False),
    ],
    ids=[
        "plain",
        "served over TLS",
        "a proxy tells TLS",
        "the first of several proxies tells TLS",
        "a later proxy tells TLS",
        "all say plain",
        "a proxy knows better than the setting",
        "the setting tells what no proxy does",
        "hosts have no case",
        "a proxy tells the port that is left out of addresses",
        "the port of plain HTTP",
        "a forwarded port is another host than that of the setting",
        "no host",
    ],
)
def test_tls_is_told_by_the_request_or_by_the_setting_for_its_host(
    request_: Request, console_url: str | None, *, expected: bool
) -> None:
    assert is_secure(request_, console_url) is expected


def test_links_begin_with_the_setting_and_else_with_the_address_of_the_request() -> None:
    assert origin_of(asked(host="127.0.0.1:8001"), SET) == SET
    assert origin_of(asked(host="127.0.0.1:8001"), None) == "http://127.0.0.1:8001"
    assert origin_of(asked(x_forwarded_proto="https"), None) == SET


@pytest.mark.parametrize(
    ("headers", "console_url", "expected"),
    [
        ({}, None, True),
        ({"sec_fetch_site": "same-origin", "origin": "https://elsewhere.example"}, None, True),
        ({"sec_fetch_site": "cross-site", "origin": SET}, SET, False),
        ({"origin": SET}, None, True),
        ({"origin": "https://elsewhere.example"}, SET, False),
        ({"origin": SET, "host": "10.0.0.7:8001"}, None, False),
        ({"origin": SET, "host": "10.0.0.7:8001"}, SET, True),
        ({"origin": SET, "host": "muster.example.com:443"}, None, True),
        ({"origin": PLAIN, "host": "muster.example.com:80"}, None, True),
        ({"origin": PLAIN}, None, True),
        ({"origin": PLAIN}, SET, False),
        ({"origin": PLAIN, "x_forwarded_proto": "https"}, None, False),
        ({"origin": PLAIN, "host": "muster.example.com:443"}, SET, False),
        ({"origin": "http://127.0.0.1:8001", "host": "127.0.0.1:8001"}, SET, True),
        ({"origin": "null"}, SET, False),
        ({"origin": "http://["}, SET, False),
    ],
    ids=[
        "a program",
        "the browser knows it",
        "the browser knows better",
        "the host of the request",
        "another site",
        "a proxy that changes the host",
        "a proxy that changes the host of the setting",
        "the port that origins leave out over TLS",
        "the port that origins leave out over plain HTTP",
        "a page without TLS, where nothing tells of TLS",
        "a page without TLS, where the setting has it",
        "a page without TLS, where the proxy tells of it",
        "a page without TLS, and the port of TLS",
        "a forwarded port beside the setting",
        "no site",
        "no origin",
    ],
)
def test_a_form_comes_from_the_console_or_from_elsewhere(
    headers: dict[str, str], console_url: str | None, *, expected: bool
) -> None:
    assert comes_from_here(asked(**headers), console_url) is expected
