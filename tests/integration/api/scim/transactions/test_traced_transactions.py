"""What does a trace show of a transaction that ends in an error? A refusal is no failure."""

import pytest

from api.directory.dialects import DirectoryDatabase
from tests.drivers.in_process import GROUP, USER, ingress_on
from tests.drivers.told_spans import ToldSpans

pytestmark = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)


async def test_a_transaction_that_refuses_a_request_has_not_failed(
    directory: DirectoryDatabase,
) -> None:
    told = ToldSpans()
    async with ingress_on(directory, tracing=told.tracing) as ingress:
        bodies = {
            "/Users": {"schemas": [USER], "userName": "ada"},
            "/Groups": {"schemas": [GROUP], "displayName": "Weavers", "externalId": "w"},
        }
        taken = [await ingress.send("POST", path, bodies[path]) for path in bodies for _ in "12"]
        missing = [await ingress.send("DELETE", f"{path}/{'0' * 32}") for path in bodies]
    assert [it.status_code for it in (*taken, *missing)] == [201, 409, 201, 409, 404, 404]
    transactions = [it for it in told.spans if it.name == "directory.transaction"]
    assert len(transactions) >= 4
    assert [it.name for it in told.spans if not it.status.is_ok] == []


async def test_a_transaction_that_an_error_ends_has_failed(directory: DirectoryDatabase) -> None:
    told = ToldSpans()
    async with ingress_on(directory, tracing=told.tracing) as ingress:
        async with directory.write() as db:
            await db.exec_driver_sql("DROP TABLE users")
        answer = await ingress.send("POST", "/Users", {"schemas": [USER], "userName": "ada"})
    assert answer.status_code == 500
    failed = {it.name: (it.attributes or {})["error.type"] for it in told.spans}
    assert failed == {"directory.transaction": "OperationalError", "scim.request": "500"}
