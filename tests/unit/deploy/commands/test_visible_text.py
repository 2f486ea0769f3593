"""Does no text of a provider reach the terminal of an operator as anything but visible text?"""

import ast
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from deploy.cli import run
from deploy.commands.output import MOST_IN_A_TABLE, print_json, print_rows, show_row
from deploy.commands.visible_text import say, visible
from tests.architecture.source_files import ROOT, python_files

HOSTILE = "x\x1b[2J\x1b]0;pwn\x07\r\nmallory@acme.test\x85\x9b31m\x7f\u202eadmin\u2066\u2028:bomb:"
SHOWN = r"x\x1b[2J\x1b]0;pwn\x07\r\nmallory@acme.test\x85\x9b31m\x7f\u202eadmin\u2066\u2028:bomb:"

PRINTING = {"echo", "secho", "print"}
PRINTERS = {"output.py", "visible_text.py"}
"""The modules of commands that print; all others print by them."""


def _printed(width: int, rows: int) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    row = {"name": HOSTILE, "groups": [HOSTILE]}
    print_rows(console, [row] * rows, ("name", "groups"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("width", "rows", "lines"),
    [(500, 2, 6), (20, 2, 6), (20, MOST_IN_A_TABLE + 1, MOST_IN_A_TABLE + 2)],
    ids=["table", "paragraphs", "plain"],
)
def test_every_table_shows_it(width: int, rows: int, lines: int) -> None:
    printed = _printed(width, rows).split("\n")[:-1]
    assert all(line.isprintable() for line in printed)
    assert len(printed) == lines
    assert sum(line.count(SHOWN) for line in printed) == 2 * rows


def test_every_line_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    say(HOSTILE, to_stderr=True)
    show_row({"name": HOSTILE, "groups": [HOSTILE]}, as_json=False)
    out, err = capsys.readouterr()
    assert out == f"{SHOWN}\nname    {SHOWN}\ngroups  {SHOWN}\n"
    assert err == f"{SHOWN}\n"


def test_an_error_at_the_command_line_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", f"--{HOSTILE}"]) == 2
    [line] = capsys.readouterr().err.split("\n")[:-1]
    assert line.isprintable()
    assert r"x\x1b[2J" in line


@pytest.mark.parametrize(
    "arguments",
    [["people", "show", "acme-store", "\udcff"], ["status", "\udcff"], ["\udcff"]],
    ids=["name", "option", "command"],
)
def test_an_argument_that_is_no_text_is_a_mistake_of_its_own(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"muster: argument {len(arguments)} is no text in UTF-8: ")
    assert r"\udcff" in told
    assert told.count("\n") == 1


@given(st.text())
@example(HOSTILE + "\udcff\U000e0001")
def test_json_escapes_what_a_terminal_obeys_and_says_the_same(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", file := io.StringIO())
        print_json({"name": text})
    assert json.loads(file.getvalue()) == {"name": text}
    assert file.getvalue().replace("\n", "").isprintable()


@given(st.text())
def test_visible_text_is_printable_and_keeps_what_is_so_already(text: str) -> None:
    assert visible(text).isprintable()
    if text.isprintable():
        assert visible(text) == text


def test_no_command_prints_in_another_way() -> None:
    files = [it for it in python_files("deploy/commands") if it.name not in PRINTERS]
    calls = [
        (str(file), node.lineno)
        for file in [*map(str, files), "deploy/cli.py"]
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and getattr(node.func, "attr", getattr(node.func, "id", None)) in PRINTING
    ]
    assert calls == []
