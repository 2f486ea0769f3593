"""Is the command that a text names one that the reader's shell can call?"""

import sys
from pathlib import Path

import pytest

from deploy.cli import run
from deploy.own_command import as_called_here, own_command


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a command that this process was called as, in a folder that is not on the PATH."""
    program = tmp_path / "a clone" / "bin" / "muster"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "status"])
    return program


def test_it_is_the_path_of_the_call_where_the_shell_knows_no_such_word(installed: Path) -> None:
    assert own_command() == f"'{installed}'"
    assert as_called_here("first muster on a, then `muster held list a`") == (
        f"first '{installed}' on a, then `'{installed}' held list a`"
    )


def test_it_is_the_word_where_the_shell_finds_this_very_command_by_it(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    assert own_command() == "muster"
    other = tmp_path / "another" / "muster"
    other.parent.mkdir()
    other.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    assert own_command() == f"'{installed}'", "that one has another version, or other settings"


def test_it_is_the_word_where_the_name_of_the_process_is_no_path(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    monkeypatch.setattr(sys, "argv", ["muster", "status"])
    assert own_command() == "muster"


def test_an_error_names_it_and_leaves_names_that_are_quoted_and_its_own_prefix(
    installed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_BROKER_URL", "")
    assert run(["worker"]) == 2
    assert capsys.readouterr().err == (
        f"muster: the parts meet at a broker: set MUSTER_BROKER_URL, or use '{installed}' run\n"
    )
    assert as_called_here("there is no workspace 'muster x'") == "there is no workspace 'muster x'"
