"""What does the log tell of requests of administrators? Operation, status, seconds and actor."""

from structlog.testing import capture_logs

from tests.drivers.admin_http import OPERATOR_TOKEN, AdminApi
from tests.drivers.things_of_acme import values_of
from tests.readings.operations import operations

FIELDS = {"event", "log_level", "operation", "status", "seconds", "actor", "correlation_id"}
PERSONAL = ("ada", "by@hand.test")


async def test_no_line_has_a_token_or_anything_of_the_request_or_the_answer(
    admin_api: AdminApi,
) -> None:
    values = await values_of(admin_api)
    named = []
    with capture_logs() as lines:
        for operation in operations():
            path, query, body = operation.request(values)
            answer = await admin_api.operator.http.request(
                operation.method, path, params=query | {"search": PERSONAL[0]}, json=body
            )
            named.append((operation.id, answer.status_code))
        await admin_api.as_bearer("muster_wrong").send("GET", f"/people/{PERSONAL[0]}")
    answered = [line for line in lines if line["event"] == "admin_request_answered"]
    assert [(line["operation"], line["status"]) for line in answered] == [
        *named,
        ("unknown", 401),
    ]
    assert all(line.keys() <= FIELDS for line in answered)
    assert {line["actor"] for line in answered} == {"operator", None}
    told = str(lines)
    assert not [it for it in (*PERSONAL, OPERATOR_TOKEN, "muster_") if it in told]


async def test_an_administrator_is_named_by_the_id_of_the_token(admin_api: AdminApi) -> None:
    with capture_logs() as lines:
        await admin_api.viewer.get("/connections")
    assert [line["actor"] for line in lines] == [f"admin:{admin_api.admins['viewer'].id}"]
