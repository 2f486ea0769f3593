"""What do metrics and log tell of requests, marks and the transport? And nothing personal."""

import json

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from api.directory.dialects import DirectoryDatabase
from api.gauges import ApiObservations
from api.metrics import ApiMetrics
from contracts.embedded_transport import EmbeddedTransport
from tests.drivers.in_process import USER, Ingress
from tests.readings.samples import samples, traces


async def test_requests_are_measured_by_operation_and_status(ingress: Ingress) -> None:
    ada = await ingress.user("ada")
    await ingress.send("POST", "/Users", {"schemas": [USER], "userName": "ada"})
    await ingress.send("GET", f"/Users/{ada}", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    await ingress.send("GET", "/Users/a/b/c")
    await ingress.http.get("/Users", headers={"Authorization": "Bearer wrong"})
    assert samples(ingress.registry, "muster_scim_request_duration_seconds_count") == {
        ("create_user", "201"): 1,
        ("create_user", "409"): 1,
        ("read_user", "200"): 1,
        ("unknown_endpoint", "404"): 1,
        ("search_users", "401"): 1,
    }
    of_the_objective = {"operation": "create_user", "status": "201", "le": "0.5"}
    bucket = "muster_scim_request_duration_seconds_bucket"
    assert ingress.registry.get_sample_value(bucket, of_the_objective) is not None
    assert traces(ingress.registry, bucket) == ["a" * 32]


@pytest.mark.parametrize("operation", ["create_user", "delete_group", "unknown_endpoint"])
@pytest.mark.parametrize("status", ["500", "503"])
async def test_errors_of_the_server_are_counted_from_nothing(
    ingress: Ingress, operation: str, status: str
) -> None:
    labels = {"operation": operation, "status": status}
    name = "muster_scim_request_duration_seconds_count"
    assert ingress.registry.get_sample_value(name, labels) == 0


async def test_an_answer_is_one_line_with_the_id_that_its_event_carries(ingress: Ingress) -> None:
    with capture_logs() as log:
        body = {"schemas": [USER], "userName": "ada.secret@acme.test"}
        answer = await ingress.send("POST", "/Users", body, **{"x-correlation-id": "okta-1"})
        await ingress.found("/Users", 'userName eq "ada.secret@acme.test"')
        await ingress.http.get("https://muster.test/scim/v2/ADA.SECRET@acme.test/Users")
    lines = [line for line in log if line["event"] == "scim_request_answered"]
    assert [(line["operation"], line["status"], line["connection"]) for line in lines] == [
        ("create_user", 201, ingress.connection),
        ("search_users", 200, ingress.connection),
        ("search_users", 401, None),
    ]
    assert {type(line["status"]) for line in lines} == {int}  # a person at a terminal reads it
    assert (await ingress.identity(answer.json()["id"]))["correlation_id"] == "okta-1"
    assert "secret" not in json.dumps(log).lower()


async def test_a_refused_request_is_logged_with_its_connection_only_if_there_is_one(
    ingress: Ingress,
) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    with capture_logs() as log:
        await ingress.http.get("/Users", headers=wrong)
        await ingress.http.get("https://muster.test/scim/v2/ada-secret/Users", headers=wrong)
        await ingress.http.get("https://muster.test/scim/v2/ada-secret/Users")
    assert [line["connection"] for line in log] == [ingress.connection, None, None]


async def test_marks_and_transport_are_looked_up(
    ingress: Ingress, directory: DirectoryDatabase
) -> None:
    registry = CollectorRegistry()
    observations = ApiObservations(ApiMetrics(registry), directory, EmbeddedTransport(), clock)
    for name in ("ada", "ben"):
        await ingress.user(name)
    eve = await ingress.user("eve")
    await ingress.send("DELETE", f"/Users/{eve}")
    await observations.observe()
    assert samples(registry, "muster_dirty_marks") == {("bulk",): 2, ("urgent",): 1}
    assert samples(registry, "muster_oldest_dirty_mark_age_seconds").keys() == {
        ("bulk",),
        ("urgent",),
    }
    assert samples(registry, "muster_publisher_connected") == {(): 1}
    await ingress.settle()
    await observations.observe()
    assert samples(registry, "muster_dirty_marks") == {}


async def test_what_the_directory_cannot_tell_is_not_a_number(
    directory: DirectoryDatabase,
) -> None:
    registry = CollectorRegistry()
    async with directory.write() as db:
        await db.exec_driver_sql("ALTER TABLE identities RENAME TO elsewhere")
    await ApiObservations(ApiMetrics(registry), directory, EmbeddedTransport()).observe()
    for count in samples(registry, "muster_dirty_marks").values():
        assert count != count  # noqa: PLR0124 - only what is not a number differs from itself


def clock() -> int:
    """Return a time that is later than whatever the ingress writes now."""
    return 2_000_000_000_000_000
