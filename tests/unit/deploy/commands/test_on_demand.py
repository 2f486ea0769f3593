"""Is a command found by its name alone, and is its module's own error no unknown name?"""

from pathlib import Path

import pytest

from deploy.commands.on_demand import CommandsOnDemand, Listed


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandsOnDemand:
    """Give a command whose module fails with a KeyError when it is imported."""
    (tmp_path / "command_that_fails.py").write_text("{}['missing']\n")
    monkeypatch.syspath_prepend(tmp_path)
    return CommandsOnDemand({"fails": Listed("command_that_fails", "Fails.")})


def test_the_error_of_a_module_is_no_unknown_command(commands: CommandsOnDemand) -> None:
    with pytest.raises(KeyError, match="missing"):
        commands.get("fails")


def test_an_unknown_command_is_none(commands: CommandsOnDemand) -> None:
    assert commands.get("unknown") is None


def test_names_are_known_without_an_import(commands: CommandsOnDemand) -> None:
    assert "fails" in commands
    assert "unknown" not in commands
    assert list(commands) == ["fails"]
