"""Are requests of a provider listed over HTTP, page by page, with remedies?"""

from api.requests.answered import Answered, Refusal
from api.requests.log import RequestLog
from tests.drivers.admin_http import AdminApi
from tests.drivers.in_process import metrics_of_nobody

REQUESTS = "/connections/acme-store/requests"
TAKEN = Refusal("uniqueness", "userName is already taken")


async def test_requests_are_listed_page_by_page_with_remedies(admin_api: AdminApi) -> None:
    log = RequestLog(admin_api.it.directory, metrics_of_nobody().unlogged_requests)
    for number in range(5):
        refusal = TAKEN if number == 2 else None
        log.note(
            Answered(
                connection="acme-store",
                token="digest",
                method="POST",
                path="/Users",
                query=b"",
                status=409 if refusal else 201,
                refusal=refusal,
                location="",
                seconds=0.25,
                correlation_id=f"okta-{number}",
                client=None,
            ),
            "192.0.2.7",
        )
    await log.write()
    first = await admin_api.viewer.get(REQUESTS, limit=3)
    rest = await admin_api.viewer.get(REQUESTS, limit=3, cursor=first["next"])
    found = [*first["items"], *rest["items"]]
    assert [it["correlation_id"] for it in found] == [f"okta-{it}" for it in (4, 3, 2, 1, 0)]
    assert rest["next"] is None
    [error] = (await admin_api.viewer.get(REQUESTS, errors=True))["items"]
    assert error == found[2]
    assert (error["status"], error["code"], error["seconds"]) == (409, "uniqueness", 0.25)
    assert error["remedy"].startswith("Another user or group")
    since = await admin_api.viewer.get(REQUESTS, since="2999-01-01T00:00:00Z")
    assert since["items"] == []
    of_one = await admin_api.viewer.get(REQUESTS, resource="0" * 32)
    assert of_one["items"] == []
