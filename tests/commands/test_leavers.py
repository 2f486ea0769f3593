"""Do the commands leave a leaver alone whom the directory does not know, until they are told to?"""

import os
import pty
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import insert, update

from api.directory.tables import Connection
from tests.commands.conftest import Answer
from tests.commands.test_repairs import prepared, push_sixty
from tests.drivers.both_sides import Installation
from tests.drivers.forked_muster import fork_muster
from tests.drivers.in_process import BULK, PATCH
from tests.drivers.terminal import shown_at
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.lost_commits import losing_commits
from worker.sync.mapping import FAILURES

Muster = Callable[..., Answer]

INACTIVE = {"op": "replace", "path": "active", "value": False}
CONNECTION = "acme-store"


@dataclass(frozen=True, slots=True)
class People:
    """Who is there: two who left, one who is employed, one whose joining got lost."""

    ada: str
    ben: str
    eve: str
    kim: str


async def two_leavers(installation: Installation) -> People:
    """Let two people leave, and the directory lose that; let a third one's event get lost."""
    ada, ben, eve = [
        await installation.ingress.user(f"{name}@acme.test") for name in ("ada", "ben", "eve")
    ]
    await installation.deliver()
    async with losing_commits(installation.ingress.database):
        for leaver in (ada, ben):
            await installation.ingress.patch(f"/Users/{leaver}", INACTIVE)
        await installation.deliver()
    kim = await installation.ingress.user("kim@acme.test")
    await installation.deliver(lost=True)
    return People(ada, ben, eve, kim)


async def leave(installation: Installation, people: Sequence[str]) -> None:
    """Deactivate people by one request."""
    data = {"schemas": [PATCH], "Operations": [INACTIVE]}
    operations = [{"method": "PATCH", "path": f"/Users/{it}", "data": data} for it in people]
    body = {"schemas": [BULK], "Operations": operations}
    answer = await installation.ingress.send("POST", "/Bulk", body)
    assert {it["status"] for it in answer.json()["Operations"]} == {"200"}


def delivered(muster: Muster) -> list[str]:
    """Apply what is marked; return the e-mails of the live accounts."""

    async def deliver(installation: Installation) -> None:
        await installation.deliver()

    prepared(deliver)
    accounts = muster("accounts", "list", "Acme", "--json").json
    return sorted(it["email"] for it in accounts if not it["removed"])


def identities(rows: list[dict[str, Any]]) -> set[str]:
    return {row["identity"] for row in rows}


# --- reconcile ----------------------------------------------------------------------------


@on_new_databases_of_both
def test_a_reconciliation_shows_leavers_apart(muster: Muster) -> None:
    people = prepared(two_leavers)
    found = muster("reconcile", "--json")
    assert found.status == 1
    assert (found.json["left"], found.json["missing"]) == (2, 1)
    assert identities(found.json["leavers"]) == {people.ada, people.ben}
    assert identities(found.json["findings"]) == {people.kim}
    shown = muster("reconcile").out
    assert "Left downstream: 2." in shown
    assert shown.index(people.kim) < shown.index("Left downstream") < shown.index(people.ada)
    assert "@" not in found.out + shown


def test_a_repair_without_a_terminal_leaves_leavers_alone_and_does_not_call_it_well(
    muster: Muster,
) -> None:
    prepared(two_leavers)
    for options in (("--json",), (), ("--no-bring-back",)):
        assert muster("reconcile", "--fix", *options).status == 1
        assert "ada@acme.test" not in delivered(muster)
    assert delivered(muster) == ["eve@acme.test", "kim@acme.test"]


@on_new_databases_of_both
def test_a_repair_that_is_told_to_brings_leavers_back(muster: Muster) -> None:
    prepared(two_leavers)
    fixed = muster("reconcile", "--fix", "--bring-back", "--json")
    assert fixed.status == 0
    assert (fixed.json["marked"], fixed.json["brought_back"]) == (1, 2)
    assert len(delivered(muster)) == 4
    assert muster("reconcile", "--json").status == 0


def test_one_leaver_is_brought_back_and_not_the_other(muster: Muster) -> None:
    people = prepared(two_leavers)
    told = muster("reconcile", "--fix", "--bring-back", "--identity", people.ben)
    assert told.status == 1, "the other one is left"
    assert "brought back  1" in told.out
    assert delivered(muster) == ["ben@acme.test", "eve@acme.test", "kim@acme.test"]
    assert identities(muster("reconcile", "--json").json["leavers"]) == {people.ada}


def test_somebody_who_has_not_left_is_not_brought_back_and_nothing_is_changed(
    muster: Muster,
) -> None:
    people = prepared(two_leavers)
    told = muster("reconcile", "--fix", "--bring-back", "--identity", people.eve)
    assert (told.status, told.out) == (2, "")
    assert people.eve in told.err
    assert muster("status", "--json").json["pending"] == 1


@pytest.mark.parametrize(
    "options", [("--bring-back",), ("--no-bring-back",), ("--identity", "ada")]
)
def test_nobody_is_brought_back_without_a_repair(muster: Muster, options: tuple[str, ...]) -> None:
    told = muster("reconcile", *options)
    assert told.status == 2
    assert "--fix" in told.err


def test_many_leavers_are_cut_in_the_table_and_whole_in_json(muster: Muster) -> None:
    async def many_leave(installation: Installation) -> None:
        people = await push_sixty(installation)
        await installation.deliver()
        async with installation.ingress.database.write() as db:
            await db.execute(update(Connection).values(brake="off"))  # more leave than it lets pass
        async with losing_commits(installation.ingress.database):
            await leave(installation, people)
            await installation.deliver()

    prepared(many_leave)
    assert len(muster("reconcile", "--json").json["leavers"]) == 60
    assert "… and 10 more" in muster("reconcile").out


# --- at a terminal ------------------------------------------------------------------------


def at_a_terminal(typed: str, *arguments: str) -> tuple[int, str]:
    """Run the command at a terminal where somebody types; return its status and what it shows."""
    ours, its = pty.openpty()
    os.write(ours, typed.encode())
    process = fork_muster(arguments, stdin=its, stdout=its, stderr=its)
    os.close(its)
    shown = shown_at(ours)
    os.close(ours)
    return process.join(), shown


@pytest.mark.parametrize(
    ("typed", "status", "number"), [("y\n", 0, 4), ("n\n", 1, 2), ("\n", 1, 2)]
)
def test_a_repair_at_a_terminal_asks_and_takes_nothing_for_a_no(
    muster: Muster, typed: str, status: int, number: int
) -> None:
    people = prepared(two_leavers)
    ended, shown = at_a_terminal(typed, "reconcile", "--fix")
    assert ended == status, shown
    assert shown.index(people.ada) < shown.index("Bring 2 back who left downstream")
    assert len(delivered(muster)) == number


@pytest.mark.parametrize("options", [("--no-bring-back",), ("--json",)])
def test_a_repair_at_a_terminal_that_is_told_not_to_does_not_ask(
    muster: Muster, options: tuple[str, ...]
) -> None:
    prepared(two_leavers)
    ended, shown = at_a_terminal("y\n", "reconcile", "--fix", *options)
    assert ended == 1
    assert "Bring 2 back" not in shown
    assert len(delivered(muster)) == 2


# --- whatever else publishes again --------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "marked"),
    [
        (("resync", CONNECTION), 2),
        (("resync", "--all"), 2),
        (("connections", "change", CONNECTION, "--on-deactivate", "nothing"), None),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, tuple) else "",
)
def test_a_command_for_all_leaves_leavers_alone_and_names_them(
    muster: Muster, command: tuple[str, ...], marked: int | None
) -> None:
    people = prepared(two_leavers)
    done = muster(*command, "--json")
    assert done.status == 0
    assert done.json.get("marked") == marked
    assert identities(done.json["leavers"]) == {people.ada, people.ben}
    assert muster("status", "--json").json["pending"] == 2
    assert delivered(muster) == ["eve@acme.test", "kim@acme.test"]
    told = muster(*command)
    assert "Left alone: 2." in told.err
    assert people.ada in told.err


@on_new_databases_of_both
def test_a_resync_of_one_leaver_does_nothing_and_says_so(muster: Muster) -> None:
    people = prepared(two_leavers)
    done = muster("resync", CONNECTION, "--identity", people.ada)
    assert done.status == 1
    assert people.ada in done.err
    assert people.ben not in done.err
    assert "ada@acme.test" not in delivered(muster)


def test_a_resync_of_somebody_else_says_nothing_of_leavers(muster: Muster) -> None:
    people = prepared(two_leavers)
    done = muster("resync", CONNECTION, "--identity", people.eve, "--json")
    assert done.json == {"connection": CONNECTION, "marked": 1}


@on_new_databases_of_both
def test_a_retry_leaves_alone_whose_failure_may_have_been_a_leaving(muster: Muster) -> None:
    async def failed(installation: Installation) -> list[str]:
        people = await two_leavers(installation)
        for identity, ahead in ((people.ada, 0), (people.eve, 1), (people.kim, 0)):
            version = (await installation.ingress.identity(identity))["version"]
            failure = {
                "connection": CONNECTION,
                "identity": identity,
                "kind": "exhausted",
                "message": "DBAPIError 40001",
                "first_at": 1,
                "last_at": 1,
                "attempts": 5,
                "version": version + ahead,
                "correlation_id": "",
            }
            await installation.by_hand(insert(FAILURES).values(failure))
        return [people.ada, people.eve]

    left_alone = prepared(failed)
    retried = muster("failures", "retry", "--json")
    assert retried.json["marked"] == 1
    assert identities(retried.json["leavers"]) == set(left_alone)
    assert delivered(muster) == ["eve@acme.test", "kim@acme.test"]


def test_the_status_lists_leavers_as_what_they_are(muster: Muster) -> None:
    people = prepared(two_leavers)
    status = muster("status", "--json").json
    assert identities(status["left"]) == {people.ada, people.ben}
    assert (status["applied"], status["pending"]) == (1, 1)
    assert people.ada in muster("status").out
