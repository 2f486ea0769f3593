"""Does an empty list say what to do next, in words that can be typed?"""

import re
from collections.abc import Callable

import pytest
import typer.main
from typer.core import TyperGroup

from deploy import cli
from deploy.commands.empty_lists import NEXT_STEPS
from tests.commands.conftest import Answer

STEP = re.compile(r"^muster ([a-z-]+) ([a-z]+)?(.*?) (?:adds|makes|switches|tells)\b")


def arguments_in(step: str) -> list[str]:
    """Return the words of the command that begins a step, with a portal in the place of one."""
    found = STEP.match(step)
    assert found, step
    words = " ".join(filter(None, found.groups())).split()
    return ["store" if word == "PORTAL" else word for word in words]


@pytest.mark.parametrize("step", NEXT_STEPS.values(), ids=NEXT_STEPS)
def test_a_next_step_is_a_command_that_can_be_called(step: str) -> None:
    command = typer.main.get_command(cli.app)
    words = arguments_in(step)
    while isinstance(command, TyperGroup):
        command = command.commands[words.pop(0)]
    command.make_context("muster", words, **cli.app.info.context_settings or {})


def test_an_empty_list_names_the_next_step_and_stays_empty_as_json(
    muster: Callable[..., Answer],
) -> None:
    for command in ("workspaces list", "connections list", "people list", "admins list"):
        words = command.split()
        assert muster(*words).out == f"none; {NEXT_STEPS[command]}\n"
        assert muster(*words, "--json").json == []
    muster("connections", "create", "acme", "store")
    for words, command in (
        (["accounts", "list", "acme"], "accounts list"),
        (["devices", "list", "acme"], "devices list"),
        (["policies", "list", "acme"], "policies list"),
        (["setup-links", "list", "acme-store"], "setup-links list"),
        (["requests", "acme-store"], "requests"),
    ):
        assert muster(*words).out == f"none; {NEXT_STEPS[command]}\n"
    assert muster("people", "list", "--search", "ada").out == "none with these options\n"
    assert muster("accounts", "list", "acme", "--live").out == "none with these options\n"
