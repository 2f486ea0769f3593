"""Do the commands for brakes and for those whom they hold do what they say?"""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from deploy.databases.open_databases import open_databases
from deploy.settings import read_settings
from tests.commands.conftest import Answer
from tests.integration.api.outbox.test_judged_leavings import names, world_on
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

CONNECTION = "acme-store"


def hold(people: int) -> None:
    """Let so many people leave of a connection that lets nobody leave."""

    async def run() -> None:
        async with open_databases(read_settings()) as databases:
            world = await world_on(databases.directory, "0:0", people)
            await world.leave(*names(people))
            await world.relay()

    with capture_logs():  # what is printed is the command's
        asyncio.run(run())


def brake_of(muster: Muster) -> str:
    return str(muster("connections", "show", CONNECTION, "--json").json["brake"])


def test_a_connection_has_a_brake_unless_it_is_off(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    assert brake_of(muster) == "50:10"
    change = ("connections", "change", CONNECTION, "--brake")
    assert muster(*change, "200:20", "--json").json["brake"] == "200:20"
    assert muster(*change, "off").status == 0
    assert brake_of(muster) == "off"
    muster("connections", "create", "acme", "store", "--brake", "1:2")
    assert [it["brake"] for it in muster("connections", "list", "--json").json] == ["off", "1:2"]


def test_rules_and_brake_are_changed_together(muster: Muster) -> None:
    muster("connections", "create", "acme", "store")
    rule = ("--on-create", "create-employee")
    done = muster("connections", "change", CONNECTION, *rule, "--brake", "off", "--json").json
    assert (done["on_create"], done["brake"]) == ("create-employee", "off")


@pytest.mark.parametrize("brake", ["none", "50", "50:200", "-1:10"])
def test_another_brake_is_refused_and_nothing_is_changed(muster: Muster, brake: str) -> None:
    muster("connections", "create", "acme", "store")
    for words in (
        ("create", "acme", "store", f"--brake={brake}"),
        ("change", CONNECTION, "--on-create", "create-employee", f"--brake={brake}"),
    ):
        refused = muster("connections", *words)
        assert refused.status == 2
        assert "as 50:10" in refused.err
    [only] = muster("connections", "list", "--json").json
    assert (only["brake"], only["on_create"]) == ("50:10", "nothing")


@on_new_databases_of_both
def test_the_held_are_listed_and_decided_on(muster: Muster) -> None:
    hold(5)
    listed = muster("held", "list", CONNECTION, "--json").json
    assert [(it["identity"], it["effect"]) for it in listed] == [
        (name, "deactivation") for name in names(5)
    ]
    assert all(it["since"].startswith("2033-") for it in listed)
    assert "person-004" in muster("held", "list", CONNECTION).out
    one = ("--identity", "person-000")
    assert muster("held", "approve", CONNECTION, *one, "--json").json == {
        "connection": CONNECTION,
        "approved": 1,
    }
    assert muster("held", "reject", CONNECTION, "--all", "--json").json == {
        "connection": CONNECTION,
        "rejected": 4,
    }
    assert muster("held", "list", CONNECTION, "--json").json == []
    status = muster("status", "--json").json
    assert (status["held"], status["waived"]) == (0, 4)
    waived = muster("people", "list", "--waived", "--json").json
    assert [it["identity"] for it in waived] == [f"person-00{number}" for number in range(1, 5)]


def test_a_lock_of_a_waived_person_says_what_was_done_and_what_unlock_does(muster: Muster) -> None:
    hold(1)
    muster("held", "reject", CONNECTION, "--all")
    lock = ("people", "lock", CONNECTION, "person-000", "--json")
    done = muster(*lock)
    assert (done.json["done"], done.json["locked_at"]) == ("let-go", None)
    assert "unlock does not undo it" in done.err
    again = muster(*lock)
    assert again.json["done"] == "left"
    assert "Nothing was done" in again.err


def test_a_table_shows_the_first_and_says_that_there_are_more(muster: Muster) -> None:
    hold(101)
    told = muster("held", "list", CONNECTION).out
    assert "person-099" in told
    assert "person-100" not in told
    assert "--json shows all" in told
    assert len(muster("held", "list", CONNECTION, "--json").json) == 101


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("approve", CONNECTION), "--all"),
        (("reject", CONNECTION, "--all", "--identity", "person-000"), "--identity"),
        (("approve", CONNECTION, "--identity", "nobody"), "holds nothing of …"),
        (("list", "unknown"), "no connection"),
    ],
    ids=lambda given: given[0] if isinstance(given, tuple) else None,
)
def test_a_mistake_is_told_in_a_line_and_nobody_leaves(
    muster: Muster, words: tuple[str, ...], hint: str
) -> None:
    hold(1)
    refused = muster("held", *words)
    assert refused.status == 2
    assert hint in refused.err
    assert refused.err.count("\n") == 1
    assert len(muster("held", "list", CONNECTION, "--json").json) == 1
