"""When is a command loaded? Its module is imported once the command is looked up, and no other."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group


class CommandsOnDemand(Mapping[str, Any]):
    """The commands of a group by their names, each of which is registered by a module.

    A module has a function ``register``, which adds its commands to the application that it gets.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Take the dotted name of the module of each command, in the order of the help."""
        self._modules = modules

    def __getitem__(self, name: str) -> Any:
        """Return a command, for which its module is imported."""
        part = typer.Typer()
        import_module(self._modules[name]).register(part)
        return get_group(part).commands[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a command, for which nothing is imported."""
        return name in self._modules

    def get(self, name: str, default: Any = None) -> Any:
        """Return a command, or the default for an unknown name.

        A KeyError of the module itself is no unknown name, as it would be for any other mapping.
        """
        return self[name] if name in self else default  # noqa: SIM401  # that is this method

    def __iter__(self) -> Iterator[str]:
        """Return the names, for which nothing is imported."""
        return iter(self._modules)

    def __len__(self) -> int:
        """Return the number of commands."""
        return len(self._modules)


def group_of(modules: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group whose commands are loaded on demand."""

    class GroupOnDemand(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes | {"commands": CommandsOnDemand(modules)})

        def list_commands(self, ctx: Any) -> list[str]:
            return list(self.commands)

    return GroupOnDemand
