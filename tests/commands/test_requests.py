"""Does ``muster requests`` show what was asked, with remedies, and page through it?"""

import asyncio
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry

from api.metrics import ApiMetrics
from api.requests.answered import Answered, Refusal
from api.requests.log import RequestLog
from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings
from tests.commands.conftest import Answer
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

TAKEN = Refusal("uniqueness", "userName is already taken")


def answer(path: str, *, status: int = 200, refusal: Refusal | None = None) -> Answered:
    return Answered(
        connection="acme-store",
        token="digest",
        method="GET" if refusal is None else "POST",
        path=path,
        query=b"",
        status=status,
        refusal=refusal,
        location="",
        seconds=0.25,
        correlation_id="okta-1",
        client="192.0.2.7",
    )


def note(answers: Sequence[Answered]) -> None:
    async def write() -> None:
        async with open_databases(read_settings()) as databases:
            metrics = ApiMetrics(CollectorRegistry())
            log = RequestLog(databases.directory, metrics.unlogged_requests)
            for each in answers:
                log.note(each, each.client)
            await log.write()

    asyncio.run(write())


@on_new_databases_of_both
def test_requests_are_shown_with_remedies(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    note([answer("/Users"), answer("/Users", status=409, refusal=TAKEN), answer("/Groups")])
    shown = muster("requests", "acme-store", "--json").json
    assert [it["path"] for it in shown] == ["/Groups", "/Users", "/Users"]
    [error] = muster("requests", "acme-store", "--errors", "--since", "1h", "--json").json
    assert error == shown[1]
    assert error["remedy"].startswith("Another user or group")
    assert (error["status"], error["code"], error["seconds"], error["address"]) == (
        *(409, "uniqueness", 0.25, "192.0.2.7"),
    )
    page = ("--limit", "1", "--before", str(error["number"]))
    [first] = muster("requests", "acme-store", *page, "--json").json
    assert first == shown[2]
    assert error["remedy"] in muster("requests", "acme-store").out
    assert muster("requests", "acme-store", "--since", "2999-01-01", "--json").json == []


def test_an_unknown_connection_and_a_time_that_is_none_are_refused(muster: Muster) -> None:
    unknown = muster("requests", "acme-store")
    assert (unknown.status, unknown.err) == (2, "muster: there is no connection 'acme-store'\n")
    muster("connections", "create", "acme", "store")
    refused = muster("requests", "acme-store", "--since", "soon")
    assert refused.status == 2
    assert "--since takes 30m" in refused.err
