"""How does a command reach the databases? It reads the settings and checks the schemas."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from api.admin.administration import Administration
from deploy.administration import administration_of
from deploy.commands.completions import connection_ids
from deploy.commands.invalid_input import InvalidInput
from deploy.databases.migrations import ensure_current
from deploy.databases.open_databases import Databases, open_databases
from deploy.settings import Settings, read_settings

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ConnectionId = Annotated[
    str,
    typer.Argument(metavar="CONNECTION", help="As in its base URL.", autocompletion=connection_ids),
]
OfConnection = Annotated[
    str | None,
    typer.Option(
        "--connection", metavar="ID", help="Only of this connection.", autocompletion=connection_ids
    ),
]


def on_databases(work: Callable[[Databases, Settings], Awaitable[T]], *, makes: bool = False) -> T:
    """Run a use case on the configured databases, whether a server runs or not.

    Its statements may take any time, because the operator can end the command.

    :param makes: whether missing SQLite files are made; a command that only looks makes none.
    """

    async def run() -> T:
        settings = read_settings()
        async with open_databases(settings, patient=True, makes=makes) as databases:
            await ensure_current(databases, makes=makes)
            return await work(databases, settings)

    return asyncio.run(run())


def on_administration(work: Callable[[Administration], Awaitable[T]], *, makes: bool = False) -> T:
    """Run a use case of administrators, as ``on_databases`` runs others."""

    async def on_both(databases: Databases, settings: Settings) -> T:
        return await work(administration_of(databases, settings))

    return on_databases(on_both, makes=makes)


def settings_with_broker() -> Settings:
    """Read the settings of a command that needs the broker."""
    settings = read_settings()
    if not settings.broker_url:
        raise InvalidInput("there is no broker: set MUSTER_BROKER_URL")
    return settings
