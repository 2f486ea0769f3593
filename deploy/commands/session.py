"""How does a command reach the databases? Settings read, schema checked, everything closed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from deploy.databases.migrations import ensure_current
from deploy.databases.open_databases import Databases, open_databases
from deploy.settings import Settings, read_settings

T = TypeVar("T")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Workspace = Annotated[str, typer.Argument(help="The customer's workspace.")]


def on_databases(work: Callable[[Databases, Settings], Awaitable[T]]) -> T:
    """Run a use case on the configured databases, whether a server runs or not.

    It has any time: whoever has called it may end it.
    """

    async def run() -> T:
        settings = read_settings()
        async with open_databases(settings, patient=True) as databases:
            await ensure_current(databases)
            return await work(databases, settings)

    return asyncio.run(run())
