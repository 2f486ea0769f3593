"""What do proxies do to requests that they should pass on?"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from tests.integration.deploy.doctor.installation import Installation
from tests.servers.http_proxy import Head, HttpProxy, answer
from tests.servers.ports import free_port

PAGE = "<!doctype html><html><body>Sign in</body></html>"


def _behave(it: Installation, does: Callable[[Head], Head | bytes]) -> None:
    async def behaviour(head: Head, _reader: asyncio.StreamReader) -> Head | bytes:
        return does(head)

    it.proxy.behaviour = behaviour


async def nothing_listens(it: Installation) -> None:
    it.set(PUBLIC_URL=f"http://127.0.0.1:{free_port()}")


async def it_eats_the_token(it: Installation) -> None:
    _behave(it, lambda head: head.without("authorization"))


async def it_strips_the_prefix(it: Installation) -> None:
    _behave(it, lambda head: replace(head, target=head.target.removeprefix("/scim")))


async def it_refuses_slashes(it: Installation) -> None:
    page = answer("404 Not Found", PAGE, Content_Type="text/html")
    _behave(it, lambda head: page if "%2F" in head.target else head)


async def it_decodes_paths(it: Installation) -> None:
    def decoded(head: Head) -> Head:
        path, mark, query = head.target.partition("?")
        return replace(head, target=f"{unquote(path)}{mark}{query}")

    _behave(it, decoded)


async def it_shows_a_login(it: Installation) -> None:
    _behave(it, lambda _head: answer("200 OK", PAGE, Content_Type="text/html"))


async def it_asks_for_a_password(it: Installation) -> None:
    challenge = {"WWW_Authenticate": 'Basic realm="staff"'}
    _behave(it, lambda _head: answer("401 Unauthorized", PAGE, **challenge))


async def it_insists_on_https(it: Installation) -> None:
    moved = answer("301 Moved Permanently", Location="https://scim.example.com/scim/v2/")
    _behave(it, lambda _head: moved)


async def it_redirects(it: Installation) -> None:
    _behave(it, lambda _head: answer("302 Found", Location="/login"))


async def it_takes_a_megabyte(it: Installation) -> None:
    page = answer("413 Request Entity Too Large", PAGE, Content_Type="text/html")
    _behave(it, lambda head: page if int(head.first("content-length") or 0) > 2**20 else head)


async def it_keeps_bodies_back(it: Installation) -> None:
    async def behaviour(head: Head, reader: asyncio.StreamReader) -> Head | bytes:
        await reader.readexactly(int(head.first("content-length") or 0))
        return head

    it.proxy.behaviour = behaviour


async def it_knows_no_patch(it: Installation) -> None:
    refused = answer("405 Method Not Allowed", PAGE, Content_Type="text/html")
    _behave(it, lambda head: refused if head.method == "PATCH" else head)


async def it_fears_quotes(it: Installation) -> None:
    refused = answer("403 Forbidden", PAGE, Content_Type="text/html")
    _behave(it, lambda head: refused if "%22" in head.target else head)


async def it_leads_nowhere(it: Installation) -> None:
    _behave(it, lambda _head: answer("502 Bad Gateway", PAGE, Content_Type="text/html"))


async def it_is_another_service(it: Installation) -> None:
    _behave(it, lambda _head: answer("404 Not Found", "{}", Content_Type="application/json"))


async def it_never_answers(it: Installation) -> None:
    async def behaviour(_head: Head, reader: asyncio.StreamReader) -> Head | bytes:
        await reader.read()  # until the client hangs up
        return b""

    it.proxy.behaviour = behaviour


async def its_clock_is_wrong(it: Installation) -> None:
    def rewrite(head: bytes) -> bytes:
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"date:")]
        lines.insert(1, b"date: Wed, 01 Jan 2020 00:00:00 GMT")
        return b"\r\n".join(lines)

    it.proxy.rewrite = rewrite


async def it_speaks_no_tls(it: Installation) -> None:
    it.set(PUBLIC_URL=it.environment["MUSTER_PUBLIC_URL"].replace("http:", "https:"))


async def an_expired_certificate(it: Installation) -> None:
    await _serve_tls(it, it.authority.server("localhost", timedelta(days=-1)))


async def a_certificate_of_others(it: Installation) -> None:
    await _serve_tls(it, it.authority.server("scim.example.com", timedelta(days=90)))


async def a_certificate_of_nobody(it: Installation) -> None:
    await _serve_tls(it, it.authority.server("localhost", timedelta(days=90)), trusted=False)


async def a_certificate_at_its_end(it: Installation) -> None:
    await _serve_tls(it, it.authority.server("localhost", timedelta(days=5, hours=1)))


async def _serve_tls(it: Installation, tls: ssl.SSLContext, *, trusted: bool = True) -> None:
    proxy = await it.stack.enter_async_context(HttpProxy(it.proxy.target).serving(tls))
    it.set(PUBLIC_URL=f"https://localhost:{proxy.port}")
    if trusted:
        it.fixture("monkeypatch").setenv("SSL_CERT_FILE", str(it.authority.trusted))
