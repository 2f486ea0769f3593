"""Does ``muster connections delete`` ask what becomes of people, and tell how far it has come?"""

import os
from collections.abc import Callable

import pytest

from tests.commands.conftest import Answer
from tests.drivers.forked_muster import fork_muster
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

DELETE = ("connections", "delete", "acme-store")


@pytest.fixture
def connection(muster: Muster) -> Muster:
    """Give the command, with a connection of a store."""
    assert muster("connections", "create", "acme", "store").status == 0
    return muster


def test_the_choice_has_to_be_made(connection: Muster) -> None:
    for words, told in (
        (DELETE, "muster: say what becomes of people: --people keep, or --people deactivate\n"),
        ((*DELETE, "--people", "both"), "keep"),
    ):
        answer = connection(*words)
        assert (answer.status, answer.out) == (2, "")
        assert told in answer.err
    assert connection("connections", "show", "acme-store", "--json").json["state"] == "live"


@on_new_databases_of_both
def test_a_connection_closes_and_tells_how_many_are_left(connection: Muster) -> None:
    begun = connection(*DELETE, "--people", "keep", "--json").json
    assert (begun["state"], begun["people"], begun["people_left"]) == ("closing", "keep", 0)
    shown = connection("connections", "show", "acme-store").out
    assert "state          closing" in shown
    assert "people left    0" in shown
    assert "people left" in connection("connections", "list").out
    [audited, *_] = connection("audit", "--json").json
    assert (audited["action"], audited["outcome"]) == ("connections.delete", "begun")
    assert audited["before"]["state"] == "live"
    assert audited["after"] == {"state": "closing", "people": "keep"}


def test_a_connection_that_closes_is_not_changed_any_more(connection: Muster) -> None:
    assert connection(*DELETE, "--people", "keep").status == 0
    for words in (
        "connections pause acme-store",
        "connections change acme-store --on-create create-employee",
        "connections delete acme-store --people deactivate",
        "tokens create acme-store",
        "tokens rotate acme-store",
    ):
        answer = connection(*words.split())
        assert (answer.status, answer.out) == (2, "")
        assert answer.err == "muster: the connection is being deleted\n"
    [token] = connection("tokens", "list", "acme-store", "--revoked", "--json").json
    assert token["state"] == "revoked"


def test_a_person_at_a_terminal_is_asked_until_the_answer_is_one(connection: Muster) -> None:
    ours, theirs = os.openpty()
    process = fork_muster(DELETE, stdin=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"perhaps\ndeactivate\n")
    assert process.join() == 0
    os.close(ours)
    shown = connection("connections", "show", "acme-store", "--json").json
    assert (shown["state"], shown["people"]) == ("closing", "deactivate")
