"""Does a command say which installation it looks at, and make none where there is none?"""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli
from tests.commands.conftest import Answer

Muster = Callable[..., Answer]

LOOKING = [
    "status",
    "workspaces list",
    "connections list",
    "connections show acme-store",
    "connections pause acme-store",
    "tokens rotate acme-store",
    "policies list acme",
    "devices list acme",
    "devices assign acme S-1 ada@example.com",
    "accounts list acme",
    "failures list",
    "audit",
    "resync --all",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder, in which commands are called without any setting of a database."""
    for side in ("DIRECTORY", "DOWNSTREAM"):
        monkeypatch.delenv(f"MUSTER_{side}_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", LOOKING)
def test_a_command_that_only_looks_makes_no_database(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert cli.run(command.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        "muster: the database of MUSTER_DIRECTORY_DATABASE_URL cannot be used: there is no file"
        f" {folder}/var/directory.sqlite3: name the one that is to be used, or let muster migrate"
        " make it\n"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    ["migrate", "connections create acme store", "policies add acme Standard"],
)
def test_a_command_that_begins_an_installation_makes_both(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert cli.run(command.split()) == 0
    assert sorted(it.name for it in (folder / "var").iterdir() if it.suffix == ".sqlite3") == [
        "directory.sqlite3",
        "downstream.sqlite3",
    ]
    assert cli.run(["status"]) == 0
    capsys.readouterr()


def test_an_empty_file_is_left_empty(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "var").mkdir()
    file = folder / "var" / "directory.sqlite3"
    for name in ("directory", "downstream"):
        (folder / "var" / f"{name}.sqlite3").touch()
    assert cli.run(["connections", "list"]) == 2
    assert "muster migrate" in capsys.readouterr().err
    assert cli.run(["migrate"]) == 0
    assert file.stat().st_size > 0


def test_the_status_opens_with_the_installation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["migrate"]) == 0
    capsys.readouterr()
    assert cli.run(["status"]) == 0
    first, second, third, fourth, *_ = capsys.readouterr().out.splitlines()
    assert first.split() == ["directory", f"{folder}/var/directory.sqlite3"]
    assert second.split() == ["downstream", f"{folder}/var/downstream.sqlite3"]
    assert third.split() == ["broker", "embedded"]
    assert fourth.split() == ["api", "http://127.0.0.1:8000"]


def test_an_unknown_variable_is_refused_by_every_command(
    muster: Muster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_POTR", "secret")
    for command in ("status", "migrate", "run"):
        answer = muster(command)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err == "muster: MUSTER_POTR is no setting: did you mean MUSTER_PORT?\n"
