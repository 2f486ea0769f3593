"""How does a command find a workspace, and when does it make one?"""

import os
from collections.abc import Callable

import pytest

from tests.commands.conftest import Answer
from tests.drivers.forked_muster import fork_muster
from tests.servers.both_databases import on_new_databases_of_both

Muster = Callable[..., Answer]

ADDING = [
    ("connections", "create", "{}", "store"),
    ("policies", "add", "{}", "Standard"),
    ("devices", "add", "{}", "S-1"),
    ("accounts", "add", "{}", "dashboard", "ada@example.com"),
]
"""The commands that make a workspace, whose name stands in the place of the braces."""


def _names(muster: Muster) -> list[str]:
    return [each["workspace"] for each in muster("workspaces", "list", "--json").json]


@on_new_databases_of_both
def test_workspaces_are_listed_with_the_number_of_their_connections(muster: Muster) -> None:
    assert muster("workspaces", "list", "--json").json == []
    muster("connections", "create", "acme", "store")
    muster("connections", "create", "acme", "mdm")
    muster("policies", "add", "by hand", "Standard", "--new-workspace")
    assert muster("workspaces", "list", "--json").json == [
        {"workspace": "acme", "connections": 2},
        {"workspace": "by hand", "connections": 0},
    ]
    assert "by hand" in muster("workspaces", "list").out


@pytest.mark.parametrize("adding", ADDING)
def test_a_workspace_beside_others_is_made_with_an_option(
    muster: Muster, adding: tuple[str, ...]
) -> None:
    def add(name: str, *options: str) -> Answer:
        return muster(*(word.format(name) for word in adding), *options)

    assert add("acme").status == 0
    refused = add("acne")
    assert (refused.status, refused.out) == (2, "")
    assert refused.err == (
        "muster: there is no workspace 'acne' (muster workspaces list): --new-workspace makes it\n"
    )
    assert _names(muster) == ["acme"]
    assert add("other", "--new-workspace").status == 0
    assert _names(muster) == ["acme", "other"]


@on_new_databases_of_both
def test_every_command_finds_a_workspace_in_any_case_of_letters(muster: Muster) -> None:
    muster("policies", "add", "Demo", "Standard")
    muster("accounts", "add", "demo", "mdm", "ada@example.com")
    muster("devices", "add", "DEMO", "S-1", "--new-workspace")
    muster("connections", "create", "dEMO", "store")
    assigned = muster("devices", "assign", "demo", "S-1", "ada@example.com", "--json").json
    assert assigned["assigned_to"] == "ada@example.com"
    for noun in ("policies", "devices", "accounts"):
        [_] = muster(noun, "list", "demo", "--json").json
    audited = [each["action"] for each in muster("audit", "demo", "--json").json]
    assert set(audited) == {
        *("workspaces.create", "policies.add", "accounts.add", "devices.add", "devices.assign"),
        "connections.create",
    }
    assert _names(muster) == ["Demo"]


@pytest.mark.parametrize("adding", ADDING)
def test_the_help_names_the_option_unbroken_in_a_narrow_pipe(
    muster: Muster, monkeypatch: pytest.MonkeyPatch, adding: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    told = muster(*adding[:2], "--help").out
    assert " --new-workspace " in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(("answer", "made"), [(b"y\n", ["acme", "other"]), (b"n\n", ["acme"])])
def test_a_person_at_a_terminal_is_asked(muster: Muster, answer: bytes, made: list[str]) -> None:
    assert muster("connections", "create", "acme", "store").status == 0
    ours, theirs = os.openpty()
    adding = ("policies", "add", "other", "Standard")
    process = fork_muster(adding, stdin=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, answer)
    status = process.join()
    os.close(ours)
    assert (status == 0) is ("other" in made)
    assert _names(muster) == made
