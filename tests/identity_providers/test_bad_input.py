"""Is bad input answered with one SCIM error that says what to change, and is nothing stored?"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from api.scim.protocol.limits import Limits
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import USER, Ingress
from tests.drivers.over_http import ServedApi, database_of, ingress_over_http, served_api
from tests.identity_providers.answers import error_of, page_of
from tests.servers.migrated import FileTemplates

LIMITS = Limits(
    body_bytes=200_000,
    body_seconds=0.5,
    bulk_bytes=50_000,
    patch_operations=5,
    value_characters=20_000,
    cursor_seconds=1,
)


@pytest.fixture(scope="module")
def limited_api(
    tmp_path_factory: pytest.TempPathFactory, file_templates: FileTemplates
) -> Iterator[ServedApi]:
    """Give a server whose limits are soon reached."""
    url = file_templates.copy(DIRECTORY, tmp_path_factory.mktemp("limited") / "directory.db")
    with served_api(url, LIMITS) as api:
        yield api


@pytest.fixture
async def limited(limited_api: ServedApi) -> AsyncIterator[Ingress]:
    """Give a connection to it."""
    async with (
        database_of(limited_api) as database,
        ingress_over_http(limited_api, database) as ingress,
    ):
        yield ingress


async def nothing_is_stored(ingress: Ingress) -> None:
    """Check that no request has left anything."""
    assert page_of(await ingress.send("GET", "/"))["totalResults"] == 0
    assert await ingress.identities() == []


# --- bodies -------------------------------------------------------------------------------------

NO_JSON = (
    b"", b"   ", b"{", b"nope", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{'userName': 1}",
    b'{"userName": "ada"} {}',
    b'{"userName": "ada", "title": NaN}', b'{"userName": "ada", "title": Infinity}',
    b'{"userName": "ada", "userName": "ben"}', b'{"userName": "ada", "USERNAME": "ben"}',
    b'{"userName": "ada", "emails": [{"value": "a", "Value": "b"}]}',
    b'{"userName": "\\ud800"}', b'{"userName": "a\x01b"}', b"[" * 9_000, b'{"a":' * 9_000,
    b'{"userName": "ada", "title": ' + b"9" * 10_000 + b"}",
    '{"userName": "ada"}'.encode("utf-16"),
)  # fmt: skip
NO_USER: tuple[tuple[Any, str], ...] = (
    ([], "invalidSyntax"), (None, "invalidSyntax"), ("ada", "invalidSyntax"), (1, "invalidSyntax"),
    ({}, "invalidValue"), ({"userName": ""}, "invalidValue"), ({"userName": 7}, "invalidValue"),
    ({"userName": "a\0b"}, "invalidValue"), ({"userName": "ada", "title": "a\0b"}, "invalidValue"),
    ({"userName": "ada", "a\0": "b"}, "invalidValue"),
    ({"userName": "a" * 501}, "invalidValue"),
    ({"userName": "ada", "title": "x" * 20_001}, "invalidValue"),
    ({"userName": "ada", "externalId": "x" * 501}, "invalidValue"),
    ({"userName": "ada", "emails": [{"value": "x" * 501}]}, "invalidValue"),
    ({"userName": "ada", "roles": [{"value": "x"}] * 1_001}, "invalidValue"),
    ({"userName": "ada", "name": {"givenName": {"deep": [[[1]]]}}}, "invalidValue"),
)  # fmt: skip


async def test_what_is_no_json_is_refused(limited: Ingress) -> None:
    for body in NO_JSON:
        for method, path in (("POST", "/Users"), ("POST", "/Bulk"), ("POST", "/.search")):
            detail = error_of(
                await limited.http.request(method, path, content=body), 400, "invalidSyntax"
            )
            assert "JSON" in detail or "twice" in detail, body[:60]
    await nothing_is_stored(limited)


async def test_no_change_is_made_by_what_is_no_json(limited: Ingress) -> None:
    path = f"/Users/{await limited.user('ada')}"
    before = (await limited.send("GET", path)).json()
    for method in ("PUT", "PATCH"):
        for body in (b"{nope}", b"null", b"[]", b""):
            answer = await limited.http.request(method, path, content=body)
            error_of(answer, 400, "invalidSyntax")
    assert (await limited.send("GET", path)).json() == before


async def test_a_number_beyond_all_bounds_is_refused(limited: Ingress) -> None:
    answer = await limited.http.post("/Users", content=b'{"userName": "ada", "title": 1e999}')
    error_of(answer, 400, "invalidValue")


async def test_what_is_no_user_is_refused(limited: Ingress) -> None:
    for body, scim_type in NO_USER:
        error_of(await limited.send("POST", "/Users", body), 400, scim_type)
    await nothing_is_stored(limited)


async def test_control_characters_that_json_escapes_are_kept(limited: Ingress) -> None:
    """RFC 7643 allows any character in a string; only NUL cannot be stored everywhere."""
    user = await limited.user("ada", title="a\u0001\r\nb")
    assert (await limited.send("GET", f"/Users/{user}")).json()["title"] == "a\u0001\r\nb"


async def test_a_patch_has_bounds(limited: Ingress) -> None:
    user = await limited.user("ada")
    before = (await limited.send("GET", f"/Users/{user}")).json()
    for operations, scim_type in (
        ([{"op": "add", "path": "title", "value": "x"}] * 6, "invalidValue"),
        ([{"op": "add", "path": "title", "value": "x" * 20_001}], "invalidValue"),
        ([{"op": "add", "path": "title", "value": "a\0"}], "invalidValue"),
        ([{"op": "replace", "value": '{"title": "a\\u0000"}'}], "invalidValue"),
        ([{"op": "replace", "value": '{"title": "a", "title": "b"}'}], "invalidValue"),
        ([{"op": "add", "path": "roles", "value": [{"value": "x"}] * 1_001}], "invalidValue"),
        ([{"op": "add", "path": "a" * 20_000, "value": "x"}], "invalidPath"),
        ([{"op": "add", "path": "not (" * 300 + "id pr", "value": "x"}], "invalidPath"),
        ([{"op": "add", "path": 'emails[value eq "\\u0000"].type', "value": "x"}], "invalidPath"),
        ([{"op": ["add"], "path": {"a": 1}, "value": "x"}], "invalidValue"),
        ([7, None, "x"], "invalidValue"),
        ([{"op": "replace", "value": {f"k{n}": 1 for n in range(1_001)}}], "invalidValue"),
        (
            [{"op": "replace", "value": {"name": {f"k{n}": 1 for n in range(1_001)}}}],
            "invalidValue",
        ),
        ([{"op": "replace", "value": {f"{n:040}": 1 for n in range(900)}}] * 3, "invalidPath"),
    ):
        error_of(await limited.patch(f"/Users/{user}", *operations), 400, scim_type)
    assert (await limited.send("GET", f"/Users/{user}")).json() == before


async def test_a_user_does_not_grow_for_ever(limited: Ingress) -> None:
    user = await limited.user("ada")
    grown = 0
    while True:
        roles = [{"value": f"{grown}-{number}"} for number in range(500)]
        answer = await limited.patch(
            f"/Users/{user}", {"op": "add", "path": "roles", "value": roles}
        )
        if answer.status_code != 200:
            break
        grown += 1
    assert grown == 2
    assert "1000" in error_of(answer, 400, "invalidValue")


async def test_bodies_of_another_kind_are_refused(limited: Ingress) -> None:
    body = b'{"userName": "ada"}'
    for kind in (
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x",
    ):
        answer = await limited.http.post("/Users", content=body, headers={"content-type": kind})
        assert "scim+json" in error_of(answer, 415)
    await nothing_is_stored(limited)
    for number, kind in enumerate(
        (
            "application/json",
            'application/scim+json; charset="UTF-8"',
            "APPLICATION/SCIM+JSON;charset=utf-8",
        )
    ):
        made = json.dumps({"userName": f"ada{number}"}).encode()
        answer = await limited.http.post("/Users", content=made, headers={"content-type": kind})
        assert answer.status_code == 201


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(limited: Ingress) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 10_000

    for path, most in (("/Users", 200_000), ("/Bulk", 50_000)):
        detail = error_of(await limited.http.post(path, content=b"x" * (most + 1)), 413)
        assert str(most) in detail
        assert str(most) in error_of(await limited.http.post(path, content=pieces()), 413)
    await nothing_is_stored(limited)
    error_of(await limited.http.post("/Schemas", content=b"x" * 300_000), 405)


# --- queries ------------------------------------------------------------------------------------


async def test_queries_of_nonsense_are_refused(limited: Ingress) -> None:
    for name, value, scim_type in (
        ("filter", " or ".join(["id pr"] * 300), "invalidFilter"),
        ("filter", "x" * 17_000, "invalidFilter"),
        ("filter", "not (" * 200 + "id pr" + ")" * 200, "invalidFilter"),
        ("filter", "(" * 5_000 + "id pr", "invalidFilter"),
        ("filter", 'userName eq "\\u0000"', "invalidFilter"),
        ("filter", 'userName eq "\\ud800"', "invalidFilter"),
        ("filter", 'userName eq "a\0b"', "invalidFilter"),
        ("filter", "id eq 1e999", "invalidFilter"),
        ("filter", "", "invalidFilter"),
        ("sortBy", "nonsense", "invalidPath"),
        ("sortBy", 'emails[type eq "work"]', "invalidPath"),
        ("sortBy", "'; DROP TABLE users; --", "invalidPath"),
        ("sortBy", "x" * 20_000, "invalidValue"),
        ("attributes", ",".join(["id"] * 3_000), "invalidValue"),
        ("excludedAttributes", "x" * 9_000, "invalidValue"),
        ("sortOrder", "sideways", "invalidValue"),
        ("count", "ten", "invalidValue"),
        ("startIndex", "1e3", "invalidValue"),
        ("attributes", "emails[", "invalidPath"),
        ("cursor", "../../etc", "invalidCursor"),
        ("cursor", "A" * 20_000, "invalidCursor"),
    ):
        for path in ("/Users", "/"):
            answer = await limited.http.get(path, params={name: value})
            detail = error_of(answer, 400, scim_type)
            assert "SELECT" not in detail
    huge = {"filter": " or ".join(["id pr"] * 100_000)}
    error_of(await limited.send("POST", "/Users/.search", huge), 413)


async def test_a_search_by_post_takes_the_right_types_only(limited: Ingress) -> None:
    bodies: tuple[dict[str, Any], ...] = (
        {"filter": 7},
        {"filter": {"a": 1}},
        {"count": "many"},
        {"startIndex": [1]},
        {"attributes": {"a": 1}},
        {"sortBy": ["id"]},
        {"cursor": 5},
        {"filter": "id pr\0"},
        {"attributes": [f"a{number}" for number in range(2_000)]},
    )
    for body in bodies:
        for path in ("/Users/.search", "/.search"):
            assert (await limited.send("POST", path, body)).status_code == 400, body


async def test_a_cursor_expires(limited: Ingress) -> None:
    for number in range(2):
        await limited.user(f"user{number}")
    page = page_of(await limited.send("GET", "/Users?count=1&cursor"))
    next_page = f"/Users?count=1&cursor={page['nextCursor']}"
    while (answer := await limited.send("GET", next_page)).status_code == 200:
        await asyncio.sleep(0.1)  # only time makes it old
    error_of(answer, 400, "expiredCursor")


# --- paths, methods, credentials ----------------------------------------------------------------


async def exchanged(ingress: Ingress, request: bytes, *, whole: bool = True) -> tuple[str, bytes]:
    """Send bytes as they are; return head and body of what comes back."""
    url = urlsplit(str(ingress.http.base_url))
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(request)
    if whole:
        writer.write(b"Connection: close\r\n\r\n")
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(), body


def request_of(ingress: Ingress, method: str, path: str, *headers: str) -> bytes:
    """Return the first lines of a request on a path below the connection, as raw bytes."""
    base = urlsplit(str(ingress.http.base_url)).path.rstrip("/")
    lines = (
        f"{method} {base}{path} HTTP/1.1",
        "Host: muster",
        f"Authorization: {ingress.http.headers['authorization']}",
        *headers,
    )
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


@pytest.mark.parametrize(
    "path",
    [
        "/Users/x%0d%0aSet-Cookie:%20a=b", "/%0d%0aLocation:%20evil", "/Users/%00",
        "/Users/../Groups/x", "/..%2f..%2fetc%2fpasswd", "/Users/%2e%2e", "/Users/%ff%fe",
        "/Users/%", "/Users/%zz", "/Schemas/%0d%0aX:y", "/ResourceTypes/User%0d%0aX:y",
        "/Users/a%2fb",
    ],
)  # fmt: skip
async def test_no_header_carries_what_a_path_says(limited: Ingress, path: str) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        head, body = await exchanged(limited, request_of(limited, method, path))
        first, *headers = head.split("\r\n")
        assert first.split(" ")[1] in {"400", "404", "405", "415"}, head
        names = {header.partition(":")[0].lower() for header in headers}
        assert names <= {
            "date", "content-type", "content-length", "x-correlation-id", "allow", "connection",
        }, names  # fmt: skip
        assert json.loads(body)["schemas"], body


async def test_wrong_methods_are_told_the_right_ones(limited: Ingress) -> None:
    for method, path, allowed in (
        ("PUT", "/Users", "GET, HEAD, POST"),
        ("DELETE", "/Users", "GET, HEAD, POST"),
        ("POST", "/Users/x", "DELETE, GET, HEAD, PATCH, PUT"),
        ("GET", "/Bulk", "POST"),
        ("GET", "/Users/.search", "DELETE, GET, HEAD, PATCH, PUT"),
        ("TRACE", "/Schemas", "GET, HEAD"),
        ("OPTIONS", "/Groups", "GET, HEAD, POST"),
        ("FROBNICATE", "/Groups", "GET, HEAD, POST"),
    ):
        answer = await limited.send(method, path)
        if path == "/Users/.search":
            error_of(answer, 404)
            continue
        error_of(answer, 405)
        assert answer.headers["allow"] == allowed, (method, path)


async def test_unknown_places_are_not_found(limited: Ingress) -> None:
    for path in ("/Robots", "/Users/a/b/c", "/Users/nobody", "/Groups/nobody", "/Schemas/x/y"):
        error_of(await limited.send("GET", path), 404)
    error_of(await limited.send("POST", "/Robots", {"userName": "ada"}), 404)


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "bearer\ttoken", "Bearer \xff\xfe",
        "Bearer " + "x" * 9_000,
    ],
)  # fmt: skip
async def test_wrong_credentials_are_told_what_to_send(
    limited: Ingress, authorization: str
) -> None:
    for method, path in (
        ("GET", "/Users"),
        ("POST", "/Users"),
        ("GET", "/Nonsense"),
        ("PUT", "/Users"),
    ):
        lines = request_of(limited, method, path).split(b"\r\n")[:2]
        request = b"\r\n".join([*lines, f"Authorization: {authorization}".encode("latin-1"), b""])
        head, body = await exchanged(limited, request)
        assert head.startswith("HTTP/1.1 401 ")
        assert 'www-authenticate: Bearer realm="SCIM"' in head
        assert "Bearer TOKEN" in json.loads(body)["detail"]
    await nothing_is_stored(limited)


async def test_a_body_that_does_not_come_is_not_waited_for(limited: Ingress) -> None:
    for framing in ("Content-Length: 100", "Transfer-Encoding: chunked"):
        begun = request_of(
            limited, "POST", "/Users", framing, "Content-Type: application/scim+json", ""
        )
        head, body = await exchanged(limited, begun + b"1", whole=False)
        assert head.startswith("HTTP/1.1 408 ")
        assert "connection: close" in head.lower()
        assert json.loads(body)["status"] == "408"
    await nothing_is_stored(limited)


async def test_an_error_quotes_no_one_but_who_asked(limited: Ingress) -> None:
    user = await limited.user("ada@acme.test")
    clash = await limited.send("POST", "/Users", {"schemas": [USER], "userName": "ADA@acme.test"})
    detail = error_of(clash, 409, "uniqueness")
    assert user not in detail
    assert "userName" in detail
