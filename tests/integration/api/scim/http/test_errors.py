"""Is every error below /scim/v2 one of SCIM, and does none of them tell too much?"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from api.app import create_app
from api.directory.dialects import DirectoryDatabase
from api.metrics import ApiMetrics
from api.scim.protocol.limits import Limits
from deploy.database_urls import async_url
from deploy.databases.engines import open_engines
from tests.drivers.in_process import PATCH, USER, Ingress, ingress_on

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


ERRORS = (
    ("GET", "/Nonsense", 404),
    ("GET", "/Users/unknown", 404),
    ("GET", "/Users/a%00b", 404),
    ("GET", "/Users/a/b/c", 404),
    ("GET", "/Users/..%2f..%2fGroups", 404),
    ("GET", "/Users/x%0d%0aSet-Cookie:%20a=b", 404),
    ("GET", "/%0d%0aLocation:%20evil", 404),
    ("PUT", "/Users", 405),
    ("POST", "/Schemas", 405),
    ("FROBNICATE", "/Users", 405),
    ("GET", "/Me", 501),
    ("DELETE", "/Me", 501),
    ("GET", "/Bulk", 405),
    ("GET", "/Schemas?filter=id%20pr", 403),
    ("GET", "/Users?filter=userName%20eq%20%22a%00b%22", 400),
    ("GET", "/Users?count=ten", 400),
    ("GET", "https://muster.test/scim/v2/", 404),
    ("GET", "https://muster.test/scim/v2", 404),
)


async def test_every_error_is_one_of_scim(ingress: Ingress) -> None:
    for method, path, status in ERRORS:
        answer = await ingress.send(method, path)
        assert answer.status_code == status, (method, path, answer.text)
        assert answer.headers["content-type"] == "application/scim+json"
        assert answer.json()["schemas"] == [ERROR]
        assert answer.json()["status"] == str(status)
        assert not {"location", "set-cookie", "content-location"} & set(answer.headers)


async def test_a_wrong_method_is_told_the_right_ones(ingress: Ingress) -> None:
    assert (await ingress.send("DELETE", "/Users")).headers["allow"] == "GET, HEAD, POST"


BAD_BODIES = (
    b"",
    b"[]",
    b"null",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"userName": "a\\u0000b"}',
    b'{"userName": "\\ud800"}',
    b'{"userName": ""}',
    b'{"userName": {"a": 1}}',
    b'{"userName": 1e400}',
    b'{"userName": "%s"}' % (b"a" * 600),
    b'{"userName": "a", "active": "banana"}',
)


async def test_a_bad_body_is_refused_and_nothing_stored(ingress: Ingress) -> None:
    for body in BAD_BODIES:
        answer = await ingress.http.post("/Users", content=body)
        assert answer.status_code == 400, (body[:50], answer.text)
        assert answer.json()["detail"]
    assert await ingress.identities() == []


async def test_another_media_type_is_refused(ingress: Ingress) -> None:
    answer = await ingress.http.post("/Users", data={"userName": "ada"})
    assert answer.status_code == 415


async def test_a_large_body_is_refused_before_it_is_read(directory: DirectoryDatabase) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"x" * 1_000

    async with ingress_on(directory, limits=Limits(body_bytes=10_000)) as ingress:
        announced = await ingress.http.post("/Users", content=b"x" * 10_001)
        streamed = await ingress.http.post("/Users", content=pieces())
    assert announced.status_code == streamed.status_code == 413
    assert sent < 100


async def test_a_filter_of_very_many_terms_is_refused(ingress: Ingress) -> None:
    many = " or ".join(["id pr"] * 300)
    answer = await ingress.send("POST", "/Users/.search", {"filter": many})
    assert answer.status_code == 400
    assert answer.json()["scimType"] == "invalidFilter"


async def test_an_unknown_error_tells_nothing(ingress: Ingress) -> None:
    async with ingress.database.write() as db:
        await db.execute(text("DROP TABLE identities"))
    with capture_logs() as logs:
        answer = await ingress.send("POST", "/Users", {"schemas": [USER], "userName": "ada@a.test"})
    assert answer.status_code == 500
    assert answer.json() == {
        "schemas": [ERROR],
        "status": "500",
        "detail": "Internal server error",
    }
    [entry] = [entry for entry in logs if entry["event"] == "request_failed"]
    assert "ada@a.test" not in repr(entry)
    assert "memberships" not in repr(entry["error"])


BAD_OPERATIONS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"op": "replace", "path": "noSuch", "value": "x"}, "invalidPath"),
    ({"op": "replace", "path": "name.noSuch", "value": "x"}, "invalidPath"),
    ({"op": "remove", "path": "noSuch"}, "invalidPath"),
    ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
    ({"op": "remove"}, "noTarget"),
    ({"op": "replace", "value": "[" * 100_000}, "invalidValue"),
    ({"op": "replace", "value": '{"title": "a\\u0000b"}'}, "invalidValue"),
    ({"op": "replace", "value": '{"title": "\\ud800"}'}, "invalidValue"),
)


async def test_a_bad_patch_is_refused_for_its_reason(ingress: Ingress) -> None:
    user = await ingress.user("ada")
    for operation, scim_type in BAD_OPERATIONS:
        answer = await ingress.patch(f"/Users/{user}", operation)
        assert answer.status_code == 400
        assert answer.json()["scimType"] == scim_type, operation


async def test_an_empty_list_of_operations_changes_nothing(ingress: Ingress) -> None:
    user = await ingress.user("ada")
    await ingress.settle()
    body = {"schemas": [PATCH], "Operations": []}
    assert (await ingress.send("PATCH", f"/Users/{user}", body)).status_code == 200
    assert await ingress.marked() == set()


async def test_a_sane_correlation_id_comes_back_and_another_does_not(ingress: Ingress) -> None:
    sane = await ingress.send("GET", "/Users", **{"x-correlation-id": "Okta-1.a_b"})
    assert sane.headers["x-correlation-id"] == "Okta-1.a_b"
    odd = await ingress.send("GET", "/Users", **{"x-correlation-id": "a b;c"})
    assert len(odd.headers["x-correlation-id"]) == 32


async def test_the_document_names_every_endpoint_and_its_models(ingress: Ingress) -> None:
    document = (await ingress.http.get("https://muster.test/openapi.json")).json()
    user = document["paths"]["/scim/v2/{connection}/Users/{id}"]
    assert set(user) == {"get", "put", "patch", "delete"}
    body = user["patch"]["requestBody"]["content"]["application/scim+json"]["schema"]["$ref"]
    assert body.rpartition("/")[2] in document["components"]["schemas"]
    assert "422" not in user["patch"]["responses"]


async def test_an_id_that_cannot_be_one_is_not_found(ingress: Ingress) -> None:
    for method in ("GET", "DELETE"):
        for kind in ("Users", "Groups"):
            assert (await ingress.send(method, f"/{kind}/%00")).status_code == 404


async def test_an_endless_email_is_refused(ingress: Ingress) -> None:
    body = {"schemas": [USER], "userName": "ada", "emails": [{"value": "a" * 501}]}
    answer = await ingress.send("POST", "/Users", body)
    assert answer.status_code == 400
    assert "emails.value" in answer.json()["detail"]


async def test_a_filter_for_no_character_is_refused_by_scim(ingress: Ingress) -> None:
    for compared in (r'displayName eq "\u0000"', r'userName eq "\ud800"'):
        answer = await ingress.http.get("/Users", params={"filter": compared})
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidFilter")


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back() -> None:
    answer = await _answer_on("postgresql://nobody@127.0.0.1:1/nothing")
    assert (answer.status_code, answer.json()["status"]) == (503, "503")
    assert answer.headers["Retry-After"] == "5"


@pytest.mark.parametrize("new_database_url", ["postgres"], indirect=True)
async def test_a_database_that_is_being_copied_is_a_503(directory_url: str) -> None:
    url = make_url(directory_url)
    maintenance = create_async_engine(
        async_url(url.set(database="postgres").render_as_string(hide_password=False)),
        isolation_level="AUTOCOMMIT",
    )
    async with maintenance.connect() as db:
        await db.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
    await maintenance.dispose()
    assert (await _answer_on(directory_url)).status_code == 503


async def _answer_on(directory_url: str) -> httpx2.Response:
    reading, writing = open_engines(directory_url)
    metrics = ApiMetrics(CollectorRegistry())
    app = create_app(DirectoryDatabase(reading, writing), "https://muster.test", metrics)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="https://muster.test") as http:
        answer = await http.get("/scim/v2/acme/Users", headers={"Authorization": "Bearer x"})
    await reading.dispose()
    await writing.dispose()
    return answer
