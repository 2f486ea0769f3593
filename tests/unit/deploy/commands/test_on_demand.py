"""Is a command found by its name alone, and is its module's own error no unknown name?"""

import inspect
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from deploy.commands.on_demand import CommandsOnDemand, Listed, group_of

ECHOES = """
from typing import Annotated
import typer
def echo(word: str = "none", each: Annotated[list[str] | None, typer.Option()] = None) -> None:
    print(word, each)
def register(app: typer.Typer) -> None:
    app.command()(echo)
    app.command("other")(echo)
"""

LOOKS = """
import inspect
owners = [inspect.getmodule(it.frame) for it in inspect.stack(0)]
def register(app):
    app.command("looks")(lambda: None)
"""


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


def test_a_second_call_has_nothing_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "command_that_echoes.py").write_text(ECHOES)
    monkeypatch.syspath_prepend(tmp_path)
    group = group_of({"echo": Listed("command_that_echoes", "Echoes.")})
    app = typer.Typer(cls=group)
    app.callback()(lambda: None)
    for words in (["--word", "one", "--each", "a", "--each", "b"], [], ["--each", "c"]):
        app(["echo", *words], standalone_mode=False)
    assert capsys.readouterr().out == "one ['a', 'b']\nnone None\nnone ['c']\n"


def test_a_frame_of_an_import_is_known_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "command_that_looks.py").write_text(LOOKS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(inspect, "modulesbyfile", {})
    CommandsOnDemand({"looks": Listed("command_that_looks", "Looks.")}).get("looks")
    looked = sys.modules.pop("command_that_looks")
    assert import_module("importlib._bootstrap") in looked.owners
