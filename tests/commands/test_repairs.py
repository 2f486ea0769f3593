"""Do the commands of repair show what is amiss, and set it right? On both databases."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import insert, update
from structlog.testing import capture_logs

from api.directory.tables import Connection
from api.outbox.relay import Relay
from contracts.topology import Lane
from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings
from tests.commands.conftest import Answer
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.in_process import USER
from tests.servers.both_databases import on_new_databases_of_both
from worker.platforms.sql.mapping import ACCOUNTS
from worker.sync.mapping import FAILURES

Muster = Callable[..., Answer]
T = TypeVar("T")

HOUR = 3_600_000_000


def prepared(act: Callable[[Installation], Awaitable[T]]) -> T:
    """Switch SCIM on and do something, on the databases that the command works on."""

    async def work() -> T:
        async with (
            open_databases(read_settings()) as databases,
            installation_on(databases) as installation,
        ):
            return await act(installation)

    with capture_logs():  # what is printed is the command's
        return asyncio.run(work())


async def push_sixty(installation: Installation) -> list[str]:
    """Push more people than a table shows, and return their ids."""
    people = [{"schemas": [USER], "userName": f"person-{it}@acme.test"} for it in range(60)]
    return await installation.ingress.together("/Users", people)


async def three_failures(installation: Installation) -> list[str]:
    """Let three people fail, one of them for another reason."""
    people = [await installation.ingress.user(f"{n}@acme.test") for n in ("ada", "ben", "eve")]
    await installation.deliver(lost=True)
    reasons = [("exhausted", "DBAPIError 40001")] * 2 + [("permanent", "KeyError")]
    for number, (identity, (kind, message)) in enumerate(zip(people, reasons, strict=True)):
        failure = {
            "connection": installation.ingress.connection,
            "identity": identity,
            "kind": kind,
            "message": message,
            "first_at": HOUR,
            "last_at": (2 + number) * HOUR,
            "attempts": 5,
            "version": (await installation.ingress.identity(identity))["version"],
            "correlation_id": "okta-1",
        }
        await installation.by_hand(insert(FAILURES).values(failure))
    return people


@on_new_databases_of_both
def test_failures_are_listed_in_groups_with_their_times(muster: Muster) -> None:
    prepared(three_failures)
    assert muster("failures", "list", "--json").json == [
        {
            "kind": "exhausted",
            "message": "DBAPIError 40001",
            "identities": 2,
            "first_at": "1970-01-01T01:00:00+00:00",
            "last_at": "1970-01-01T03:00:00+00:00",
        },
        {
            "kind": "permanent",
            "message": "KeyError",
            "identities": 1,
            "first_at": "1970-01-01T01:00:00+00:00",
            "last_at": "1970-01-01T04:00:00+00:00",
        },
    ]
    assert "DBAPIError 40001" in muster("failures", "list").out


@on_new_databases_of_both
def test_failures_are_shown_one_by_one_the_latest_first(muster: Muster) -> None:
    ada, ben, eve = prepared(three_failures)
    shown = muster("failures", "show", "--json").json
    assert [failure["identity"] for failure in shown] == [eve, ben, ada]
    assert shown[0]["correlation_id"] == "okta-1"
    [permanent] = muster("failures", "show", "permanent", "--json").json
    assert permanent["identity"] == eve
    assert muster("failures", "show", "--connection", "elsewhere", "--json").json == []
    [of_ada] = muster("failures", "show", "--identity", ada, "--json").json
    assert of_ada["message"] == "DBAPIError 40001"


@on_new_databases_of_both
def test_a_retry_publishes_who_failed_again(muster: Muster) -> None:
    prepared(three_failures)
    assert muster("failures", "retry", "permanent", "--json").json == {"marked": 1}
    assert muster("status", "--json").json["pending"] == 1
    assert muster("failures", "retry", "--json").json == {"marked": 3}
    assert muster("status", "--json").json["pending"] == 3


async def one_rejection(installation: Installation) -> str:
    """Let somebody have an event that nobody takes."""
    ada = await installation.ingress.user("ada@acme.test")
    relay = Relay(
        installation.ingress.database, installation.courier, installation.metrics, largest_event=10
    )
    assert await relay.move(Lane.BULK) == 1
    return ada


def test_who_cannot_be_published_is_shown_as_failed_and_can_be_tried_again(muster: Muster) -> None:
    ada = prepared(one_rejection)
    [group] = muster("failures", "list", "--json").json
    assert (group["kind"], group["identities"]) == ("unpublishable", 1)
    assert "MUSTER_LARGEST_EVENT" in group["message"]
    [shown] = muster("failures", "show", "unpublishable", "--json").json
    assert (shown["identity"], shown["attempts"]) == (ada, 1)
    assert shown["correlation_id"]
    assert muster("failures", "show", "permanent", "--json").json == []
    status = muster("status", "--json").json
    assert [it["identity"] for it in status["failed"]] == [ada]
    assert status["pending"] == 0
    assert muster("failures", "retry", "unpublishable", "--json").json == {"marked": 1}
    assert muster("status", "--json").json["pending"] == 1


def test_a_reconciliation_without_findings_ends_well(muster: Muster) -> None:
    async def in_step(installation: Installation) -> None:
        await installation.ingress.user("ada@acme.test")
        await installation.deliver()

    prepared(in_step)
    answer = muster("reconcile", "--json")
    assert answer.status == 0
    assert answer.json["in_step"] == 1
    assert answer.json["findings"] == []


@on_new_databases_of_both
def test_what_a_reconciliation_finds_is_told_and_fixed(muster: Muster) -> None:
    async def drifted(installation: Installation) -> str:
        ada = await installation.ingress.user("ada@acme.test")
        await installation.deliver()
        await installation.by_hand(update(ACCOUNTS).values(display_name="Eve"))
        await installation.ingress.user("ben@acme.test")
        await installation.deliver(lost=True)
        return ada

    ada = prepared(drifted)
    found = muster("reconcile", "--json")
    assert found.status == 1
    assert (found.json["tampered"], found.json["missing"]) == (1, 1)
    assert "marked" not in found.json
    [tampered] = [it for it in found.json["findings"] if it["verdict"] == "tampered"]
    assert (tampered["identity"], tampered["differs"]) == (ada, ["display_name"])
    assert "ada@acme.test" not in found.out
    assert ada in muster("reconcile").out

    fixed = muster("reconcile", "--fix", "--json")
    assert (fixed.status, fixed.json["marked"]) == (0, 2)
    newest, *_ = muster("audit", "--json").json
    assert (newest["action"], newest["outcome"]) == ("identities.reconcile", "done")
    assert muster("reconcile", "--json").json["pending"] == 2


def test_many_findings_are_cut_in_the_table_and_whole_in_json(muster: Muster) -> None:
    async def many_lost(installation: Installation) -> None:
        await push_sixty(installation)
        await installation.deliver(lost=True)

    prepared(many_lost)
    assert len(muster("reconcile", "--json").json["findings"]) == 60
    assert "… and 10 more" in muster("reconcile").out


def test_an_error_that_nobody_foresaw_is_one_line_without_its_text(muster: Muster) -> None:
    async def spoiled(installation: Installation) -> None:
        async with installation.ingress.database.write() as db:
            await db.execute(update(Connection).values(rules={"portal": "ada@acme.test"}))

    prepared(spoiled)
    answer = muster("connections", "list")
    assert (answer.status, answer.out) == (1, "")
    (line,) = answer.err.splitlines()
    assert line.startswith("muster: an unexpected error: ValidationError at ")
    assert "acme.test" not in line
