"""Does every command keep the rules of the command line? They are walked, those to come too.

A command that breaks a rule is named by the message, with what it lacks. The rules are explained
in ``docs/how-to-extend.md``.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperArgument, TyperGroup

from contracts.downstream.failures import Kind
from contracts.portals import PORTALS
from deploy import cli
from deploy.commands.choices import Creation, Deactivation
from deploy.commands.help_texts import EXAMPLE, examples_in
from deploy.commands.on_demand import Panel
from tests.commands.conftest import Answer

Words = tuple[str, ...]

WITHOUT_ANSWER = {"admin", "api", "demo", "migrate", "relay", "run", "topology apply", "worker"}
"""The commands that have no answer, which JSON could be: they run a process, or only do a thing."""

NAMES_THAT_COMPLETE = {"connection", "of_connection", "workspace"}
"""Parameters whose values are names that the directory knows."""

README = Path(__file__).parents[2] / "README.md"

CLOSED = {"kind", "on_create", "on_deactivate", "people", "portal", "provider", "role", "state"}
"""Parameters whose values are words of a closed set."""


@pytest.fixture(scope="module")
def group() -> TyperGroup:
    """Give the command line itself."""
    command = typer.main.get_command(cli.app)
    assert isinstance(command, TyperGroup)
    return command


def _commands(command: Any, path: Words = ()) -> Iterator[tuple[Words, Any]]:
    """Yield each command that does something, with its path: those of groups, and others."""
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    for name, each in command.commands.items():
        yield from _commands(each, (*path, name))


def _told(path: Words) -> str:
    return " ".join(("muster", *path))


def test_every_command_of_the_top_level_is_in_a_panel() -> None:
    lacking = [
        f"muster {name}: give its entry in deploy/cli.py one of {', '.join(Panel.__members__)}"
        for name, listed in cli.COMMANDS.items()
        if listed.panel is None
    ]
    assert not lacking, "\n".join(lacking)


def test_every_help_has_an_example_that_can_be_called(group: TyperGroup) -> None:
    complaints = []
    for path, command in _commands(group):
        examples = list(examples_in(command.help or ""))
        wanted = f"a last paragraph '{EXAMPLE}{_told(path)} …' in its docstring"
        if not examples:
            complaints.append(f"{_told(path)} lacks {wanted}")
        for example in examples:
            words = tuple(shlex.split(example))
            if words[: len(path) + 1] != ("muster", *path):
                complaints.append(f"{_told(path)} has an example of another command, not {wanted}")
            elif problem := _problem_of(command, list(words[len(path) + 1 :])):
                complaints.append(f"the example of {_told(path)} cannot be called: {problem}")
    assert not complaints, "\n".join(complaints)


def _problem_of(command: Any, arguments: list[str]) -> str:
    """Return why a command does not take arguments; it is not called.

    The context is as the application would make it, because a command keeps its option for help.
    """
    try:
        command.make_context(command.name, arguments, **cli.app.info.context_settings or {})
    except typer.TyperException as error:
        return str(getattr(error, "format_message", error.__str__)())
    return ""


def test_a_group_shows_the_example_of_its_first_command(group: TyperGroup) -> None:
    assert group.commands["tokens"].epilog == "Example: muster tokens list acme-store"


def test_every_command_answers_in_json_if_it_answers(group: TyperGroup) -> None:
    lacking = [
        f"{_told(path)} lacks 'as_json: JsonOption = False'"
        for path, command in _commands(group)
        if " ".join(path) not in WITHOUT_ANSWER
        and not any("--json" in each.opts for each in command.params)
    ]
    assert not lacking, "\n".join(lacking)


def test_every_argument_and_option_has_a_help(group: TyperGroup) -> None:
    lacking = [
        f"{_told(path)}: {each.name} lacks a help"
        for path, command in _commands(group)
        for each in command.params
        if not each.help
    ]
    assert not lacking, "\n".join(lacking)


def test_names_of_connections_and_workspaces_are_completed(group: TyperGroup) -> None:
    lacking = [
        f"{_told(path)}: {each.name} lacks autocompletion=… of deploy/commands/completions.py"
        for path, command in _commands(group)
        for each in command.params
        if each.name in NAMES_THAT_COMPLETE and each._custom_shell_complete is None  # noqa: SLF001
    ]
    assert not lacking, "\n".join(lacking)


def test_closed_choices_are_choices(group: TyperGroup) -> None:
    lacking = [
        f"{_told(path)}: {each.name} is to have an enum for its type"
        for path, command in _commands(group)
        for each in command.params
        if each.name in CLOSED and not each.type_descriptor.is_choice
    ]
    assert not lacking, "\n".join(lacking)


def test_arguments_are_named_in_capitals(group: TyperGroup) -> None:
    named = {
        each.metavar or ""
        for _, command in _commands(group)
        for each in command.params
        if isinstance(each, TyperArgument)
    }
    assert {name.upper() for name in named} == named


def test_every_word_of_a_rule_is_a_choice() -> None:
    features = PORTALS.values()
    assert set(Creation) == {word for each in features for word in each.creations}
    assert set(Deactivation) == {word for each in features for word in each.deactivations}


def test_every_kind_of_failure_is_a_choice() -> None:
    # Both are loaded here alone, as the choices are to cost little.
    from api.directory.identity_listing import UNPUBLISHABLE  # noqa: PLC0415
    from worker.retries import FailureKind  # noqa: PLC0415

    assert set(Kind) == {*FailureKind, UNPUBLISHABLE}


def test_the_table_of_the_readme_names_every_command_and_no_other(group: TyperGroup) -> None:
    _, _, chapter = README.read_text().partition("## Commands\n")
    named = {
        words
        for row in re.findall(r"^\| (`muster .*?) \|(?= )", chapter, re.MULTILINE)
        for told in re.findall(r"`muster ([^`]*)`", row.replace("\\|", "|"))
        for words in _named_by(told, group)
    }
    commands = {path for path, _ in _commands(group)}
    lacking = [f"the table lacks {_told(path)}" for path in sorted(commands - named)]
    lacking += [f"there is no {_told(path)}" for path in sorted(named - commands)]
    assert not lacking, "\n".join(lacking)


def _named_by(told: str, group: TyperGroup) -> Iterator[Words]:
    """Yield the commands that a cell of the table names: ``tokens list|create CONNECTION``."""
    first, *others = told.split()
    if isinstance(group.commands.get(first), TyperGroup):
        yield from ((first, verb) for verb in (others or [""])[0].split("|"))
    else:
        yield (first,)


def test_a_command_that_lacks_something_says_so_in_one_line(
    group: TyperGroup, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = 0
    for path, command in _commands(group):
        needed = [it for it in command.params if it.required]
        arguments = ["x" for it in needed if isinstance(it, TyperArgument)]
        given: list[list[str]] = [[]] if needed else []
        if len(arguments) < len(needed):
            given.append(arguments)  # so that an option is all that it lacks
        for words in given:
            lacking += 1
            status, printed = cli.run([*path, *words]), capsys.readouterr()
            assert (status, printed.out, printed.err.count("\n")) == (2, "", 1), _told(path)
    assert lacking


@pytest.mark.parametrize("path", ["", "connections", "connections create", "status"])
def test_the_short_option_shows_the_help(muster: Callable[..., Answer], path: str) -> None:
    short, long = (muster(*path.split(), option) for option in ("-h", "--help"))
    assert (short.status, short.err) == (0, "")
    assert short.out == long.out
    assert "-h" in short.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            "connections create acme intra",
            "'PORTAL': 'intra' is not one of 'dashboard', 'store', 'mdm'",
        ),
        (
            "accounts add acme dashboard a@x.example --role owner",
            "'--role': 'owner' is not one of 'admin', 'editor', 'viewer'",
        ),
        (
            "failures show lost",
            "'KIND': 'lost' is not one of 'exhausted', 'permanent', 'unpublishable'",
        ),
        (
            "connections change acme-mdm --on-create hire",
            f"'--on-create': 'hire' is not one of {', '.join(map(repr, map(str, Creation)))}",
        ),
    ],
)
def test_a_wrong_choice_is_told_the_right_ones(
    muster: Callable[..., Answer], words: str, says: str
) -> None:
    answer = muster(*words.split())
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == f"muster: Invalid value for {says} (see --help)\n"


def test_choices_are_taken_in_any_case_of_letters(muster: Callable[..., Answer]) -> None:
    create = ("connections", "create", "acme", "Dashboard", "--on-create", "Create-Collaborator")
    assert muster(*create, "--role", "ADMIN", "--json").json["connection"] == "acme-dashboard"
    (listed,) = muster("connections", "list", "--json").json
    assert listed["on_create"] == "create-collaborator (admin)"
