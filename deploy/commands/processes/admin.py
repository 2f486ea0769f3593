"""What does ``muster admin`` do? It serves administrators beside other processes."""

from functools import partial

import typer

from deploy.commands.processes.addresses import say_where
from deploy.commands.processes.parts import settings_on_servers
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases, open_databases
from deploy.http.server import bind_admin, bind_operators
from deploy.processes.admin_process import run_admin
from deploy.processes.event_loop import run_process
from deploy.processes.life import Life, Part
from deploy.processes.lifetime import run_until_signalled


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(admin)


def admin() -> None:
    """Run the HTTP admin API and the console, beside other processes.

    Example: muster admin
    """
    settings = settings_on_servers()
    with bind_admin(settings) as listener, bind_operators(settings) as operators:

        async def prepare(databases: Databases) -> None:
            directory, downstream = databases.directory, databases.downstream
            await DIRECTORY.ensure_current(directory.reading, directory.writing)
            await DOWNSTREAM.ensure_current(downstream.reading, downstream.writing)
            say_where(settings, operators, administrators=listener)

        part = partial(run_admin, settings, listener)
        life, opening = Life(Part.ADMIN, settings), open_databases(settings)
        run_process(run_until_signalled(life, operators, opening, prepare, part))
