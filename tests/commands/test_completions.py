"""What completes what is typed? Commands, choices, and names that the directory knows."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli
from deploy.commands.completions import connection_ids, workspace_names
from tests.commands.conftest import Answer
from tests.commands.fresh_process import LOADED_BY_MOST, FreshProcess
from tests.commands.test_loaded_packages import (
    OF_DATABASES,
    OF_MIGRATIONS,
    OF_SERVERS,
    OF_THE_API,
    OF_THE_BROKER,
)
from tests.drivers.forked_muster import run_forked
from tests.servers.both_databases import on_new_databases_of_both
from tests.servers.services import environment_with, own_settings

Muster = Callable[..., Answer]


@pytest.fixture
def completed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], list[str]]:
    """Give the words that complete a line, as Bash asks for them."""

    def complete(line: str) -> list[str]:
        for name, value in _asking(line).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit):
            cli.run([])
        for name in _asking(line):
            monkeypatch.delenv(name)
        printed = capsys.readouterr()
        assert printed.err == ""
        return printed.out.split()

    return complete


def _asking(line: str) -> dict[str, str]:
    words = line.split()
    return {
        "_MUSTER_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - (not line.endswith(" "))),
    }


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("muster re", ["relay", "resync", "reconcile"]),
        ("muster tokens r", ["rotate", "revoke"]),
        ("muster connections create acme s", ["store"]),
        ("muster connections create acme store --on-deactivate remove-u", ["remove-user"]),
        ("muster failures show ex", ["exhausted"]),
        ("muster audit --conn", ["--connection"]),
    ],
)
def test_commands_choices_and_options_are_completed(
    muster: Muster, completed: Callable[[str], list[str]], line: str, words: list[str]
) -> None:
    assert muster("--version").status == 0
    assert completed(line)[: len(words)] == words


@on_new_databases_of_both
def test_names_are_completed_from_the_directory(
    muster: Muster, completed: Callable[[str], list[str]]
) -> None:
    muster("connections", "create", "acme", "store")
    muster("connections", "create", "acme", "mdm")
    muster("policies", "add", "beta", "Standard", "--new-workspace")
    assert completed("muster tokens list ") == ["acme-mdm", "acme-store"]
    assert completed("muster resync acme-s") == ["acme-store"]
    assert completed("muster audit --connection acme-m") == ["acme-mdm"]
    assert completed("muster accounts list ") == ["acme", "beta"]
    assert completed("muster audit b") == ["beta"]


def test_without_a_database_nothing_is_completed_and_none_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, completed: Callable[[str], list[str]]
) -> None:
    for side in ("DIRECTORY", "DOWNSTREAM"):
        monkeypatch.delenv(f"MUSTER_{side}_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    assert completed("muster tokens list ") == []
    assert completed("muster accounts list ") == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"MUSTER_PORT": "none"},
        {"MUSTER_POTR": "8000"},
        {"MUSTER_DIRECTORY_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_a_completion_that_fails_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert (connection_ids(), workspace_names()) == ([], [])
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize(
    ("line", "spared"),
    [
        ("muster re", OF_DATABASES | {"pydantic_settings", "rich", "structlog"}),
        ("muster connections ", set[str]()),
        ("muster tokens list ", set[str]()),
        ("muster accounts list ", set[str]()),
    ],
)
def test_a_completion_loads_what_it_needs(
    muster: Muster,
    process_with: Callable[..., FreshProcess],
    line: str,
    spared: set[str],
) -> None:
    muster("connections", "create", "acme", "store")
    process = process_with() if spared else process_with(LOADED_BY_MOST)
    done = process.run([], own_settings() | _asking(line))
    never = OF_THE_API | OF_SERVERS | OF_THE_BROKER | OF_MIGRATIONS
    assert done.out != ""
    assert "typer" in done.loaded
    assert (never | spared).intersection(done.loaded) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(tmp_path: Path, shell: str) -> None:
    # Typer would look at the process that has started this one, which is no shell.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    for option, in_home in (("--show-completion", 0), ("--install-completion", 1)):
        done = run_forked(option, shell, environment=environment_with(**named))
        assert (done.returncode, done.stderr) == (0, "")
        written = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
        assert "_MUSTER_COMPLETE" in (written if in_home else done.stdout)
        assert bool(written) is bool(in_home)
