"""Where does a request end, and what is served of it? Byte by byte, over real sockets."""

from pathlib import Path

import pytest
from fastapi import FastAPI, Request, Response
from prometheus_client import CollectorRegistry

from api.admin.connections import create_connection
from api.app import create_app
from api.metrics import ApiMetrics
from contracts.clock import now
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import RULES, opened_directory
from tests.drivers.raw_http import listening
from tests.drivers.refused_requests import REFUSED
from tests.servers.migrated import FileTemplates

SECOND = b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def served() -> list[str]:
    """Give what has been served so far."""
    return []


@pytest.fixture
def app(served: list[str]) -> FastAPI:
    """Give an application that serves any path, after the body."""
    app = FastAPI(openapi_url=None)

    @app.api_route("/{path:path}", methods=["GET", "HEAD", "POST", "OPTIONS"])
    async def any_path(request: Request) -> Response:
        body = await request.body()
        served.append(request.url.path)
        return Response(body or b"none")

    return app


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_ends_the_connection_and_nothing_after_it_is_served(
    app: FastAPI, served: list[str], data: bytes, status: int
) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(data + SECOND)
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert await client.rest() == b""
        assert served == []


async def test_a_body_of_two_framings_is_no_second_request(app: FastAPI, served: list[str]) -> None:
    head = b"POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"
    async with listening(app) as listener, listener.client() as client:
        for byte in head + b"\r\n0\r\n\r\n" + SECOND:
            client.send(bytes([byte]))
        assert (await client.answer()).status == 400
        assert await client.rest() == b""
        assert served == []


async def test_requests_that_come_together_are_served_one_after_the_other(
    app: FastAPI, served: list[str]
) -> None:
    first = b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with listening(app) as listener, listener.client() as client:
        client.send(first + b"5\r\nabcde\r\n0\r\n\r\n" + SECOND + SECOND)
        assert (await client.answer()).body == b"abcde"
        assert (await client.answer()).body == b"none"
        assert (await client.answer()).body == b"none"
        assert served == ["/first", "/second", "/second"]


async def test_what_comes_after_the_last_request_is_not_served(
    app: FastAPI, served: list[str]
) -> None:
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with listening(app) as listener, listener.client() as client:
        client.send(last)
        client.send(SECOND)
        assert (await client.answer()).body == b"none"
        assert await client.rest() == b""
        assert served == ["/last"]


async def test_a_body_that_cannot_be_read_ends_its_request(app: FastAPI, served: list[str]) -> None:
    first = b"POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
    async with listening(app) as listener, listener.client() as client:
        client.send(first)
        async with listener.client() as other:  # by its answer the first one is being served
            other.send(SECOND)
            await other.answer()
        client.send(b"cdefgh\r\n0\r\n\r\n" + SECOND)
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (400, "close")
        assert await client.rest() == b""
        assert served == ["/second"]


async def test_a_head_that_cannot_be_read_is_answered_without_a_body_to_head(
    app: FastAPI,
) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(b"HEAD * HTTP/1.1\r\nHost: a\r\n\r\n")
        received = await client.rest()
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "line", [b"OPTIONS *", b"CONNECT a:443", b"GET a:443", b"GET ftp://a/first", b"GET first"]
)
async def test_a_target_that_is_no_path_is_refused_in_words(
    app: FastAPI, served: list[str], line: bytes
) -> None:
    async with listening(app) as listener, listener.client() as client:
        client.send(line + b" HTTP/1.1\r\nHost: a\r\n\r\n" + SECOND)
        answer = await client.answer()
        assert answer.status == 400
        assert answer.body == b"The target of a request is a path, or an http:// or https:// URL"
        assert await client.rest() == b""
        assert served == []


PATHS = (
    "/scim/v2/{connection}/Users",
    "/scim/v2/{connection}/Users?filter=userName%20eq%20%22a%2Fb%22&count=1",
    "/scim/v2/{connection}/Users/a%2Fb",
    "/scim/v2/{connection}/Users/..%2F..%2FGroups",
    "/scim/v2/{connection}/../other/Users",
    "/scim/v2/other/Users",
    "/scim/v2",
    "//scim/v2/{connection}/Users",
    "/livez",
    "/",
)


async def test_an_absolute_target_is_served_as_its_path_and_reaches_no_more(
    tmp_path: Path, file_templates: FileTemplates
) -> None:
    url = file_templates.copy(DIRECTORY, tmp_path / "directory.sqlite3")
    async with opened_directory(url) as database:
        connection = await create_connection(database, "Acme", RULES, now())
        app = create_app(database, "https://muster.test", ApiMetrics(CollectorRegistry()))
        headers = f"Host: a\r\nAuthorization: Bearer {connection.token}\r\nX-Correlation-ID: a\r\n"
        async with listening(app) as listener, listener.client() as client:
            statuses = set()
            for path in (it.format(connection=connection.id) for it in PATHS):
                answers = []
                for server in ("", "http://muster.test", "https://169.254.169.254", "HTTP://a:1"):
                    client.send(f"GET {server}{path} HTTP/1.1\r\n{headers}\r\n".encode())
                    answer = await client.answer()
                    answers.append((answer.status, answer.body))
                assert answers == [answers[0]] * 4, path
                statuses.add(answers[0][0])
    assert statuses == {200, 401, 404}


async def test_from_the_moment_of_a_drain_each_answer_is_the_last_of_its_connection() -> None:
    """The listener itself notices a drain a moment later, and keeps connections until then."""
    app = FastAPI(openapi_url=None)

    @app.get("/{path:path}")
    async def drains(path: str) -> Response:
        if path == "drain":
            listener.stop.set()
        return Response(b"none")

    async with listening(app) as listener, listener.client() as client:
        client.send(SECOND)
        assert "connection" not in (await client.answer()).headers
        client.send(b"GET /drain HTTP/1.1\r\nHost: a\r\n\r\n" + SECOND)
        assert (await client.answer()).headers["connection"] == "close"
        assert await client.rest() == b""
