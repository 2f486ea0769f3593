"""How does the help of a command read? Arguments are capitals, and a group has an example too."""

from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperGroup, TyperOption

EXAMPLE = "Example: "
"""The words with which the last paragraph of a command's help begins."""


def tidied(command: Any) -> Any:
    """Return a command whose help is tidied, and those of its commands.

    An argument is named in capitals, as in texts. An option without a value shows no type. A group
    that has no example of its own shows that of its first command.
    """
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            parameter.metavar = parameter.metavar or (parameter.name or "").upper()
        elif isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    if isinstance(command, TyperGroup) and isinstance(command.commands, dict):
        examples = [example for each in command.commands.values() for example in _examples(each)]
        command.epilog = command.epilog or next((EXAMPLE + it for it in examples), None)
    return command


def examples_in(text: str) -> Iterator[str]:
    """Yield the examples in a help text, each of which is a call of the command."""
    for line in text.splitlines():
        if line.strip().startswith(EXAMPLE):
            yield line.strip().removeprefix(EXAMPLE)


def _examples(command: Any) -> Iterator[str]:
    return examples_in(tidied(command).help or "")
