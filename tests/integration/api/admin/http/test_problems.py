"""How does the admin API answer mistakes? With problems that name what is to be changed."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.admin.http.bounded_body import LARGEST_BODY
from api.http.target_length import LONGEST_TARGET
from tests.drivers.admin_http import AdminApi

PROBLEM = "application/problem+json"


def code_of(answer: httpx2.Response) -> str:
    """Return the code of a problem, once its form is checked."""
    assert answer.headers["Content-Type"] == PROBLEM
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["type"].endswith(told["code"])
    assert all(told[name] for name in ("title", "detail", "remedy"))
    return str(told["code"])


async def test_a_path_that_there_is_not_is_a_problem(shared_api: AdminApi) -> None:
    answer = await shared_api.operator.send("GET", "/workspacez")
    assert (answer.status_code, code_of(answer)) == (404, "unknown_path")


async def test_another_method_is_told_those_that_there_are(shared_api: AdminApi) -> None:
    answer = await shared_api.operator.send("DELETE", "/workspaces")
    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET"


@pytest.mark.parametrize("limit", ["0", "1001", "many"])
async def test_a_wrong_parameter_is_named(shared_api: AdminApi, limit: str) -> None:
    answer = await shared_api.operator.send("GET", f"/workspaces?limit={limit}")
    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert answer.json()["field"] == "limit"
    assert [it["field"] for it in answer.json()["errors"]] == ["limit"]


async def test_a_body_that_announces_too_much_is_not_read(shared_api: AdminApi) -> None:
    answer = await shared_api.operator.http.post(
        "/admin/v1/workspaces", content=b"x" * (LARGEST_BODY + 1)
    )
    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")


async def test_a_body_of_unknown_length_is_read_up_to_the_bound(shared_api: AdminApi) -> None:
    sent = []

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            sent.append(LARGEST_BODY // 4)
            yield b"x" * sent[-1]

    answer = await shared_api.operator.http.post("/admin/v1/workspaces", content=pieces())
    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
    assert len(sent) <= 6


async def test_a_target_that_is_too_long_is_refused(shared_api: AdminApi) -> None:
    answer = await shared_api.operator.send("GET", f"/workspaces?x={'x' * LONGEST_TARGET}")
    assert (answer.status_code, code_of(answer)) == (414, "target_too_long")


async def test_every_answer_has_the_headers_that_browsers_heed(shared_api: AdminApi) -> None:
    for path in ("/workspaces", "/nothing"):
        headers = (await shared_api.operator.send("GET", path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Correlation-ID"]


async def test_the_type_of_a_problem_leads_to_its_remedy_without_a_token(
    shared_api: AdminApi,
) -> None:
    told = (await shared_api.operator.send("GET", "/nothing")).json()
    described = await shared_api.as_bearer(None).http.get(told["type"])
    assert described.json() == {name: told[name] for name in ("type", "title", "remedy")}
    assert (await shared_api.operator.http.get("/problems/nothing")).status_code == 404


@pytest.mark.parametrize(
    ("raised", "code"),
    [(PoolTimeout("zoe@example.com"), "server_busy"), (KeyError("zoe"), "unexpected_error")],
    ids=["away", "unforeseen"],
)
async def test_an_error_of_a_server_is_a_problem_that_quotes_nothing(
    admin_api: AdminApi, raised: Exception, code: str
) -> None:
    @admin_api.app.get("/admin/v1/broken")
    async def broken() -> None:
        raise raised

    answer = await admin_api.operator.send("GET", "/broken")
    assert code_of(answer) == code
    assert "zoe" not in answer.text
    assert ("Retry-After" in answer.headers) is (answer.status_code == 503)
