"""What does ``muster api`` do? It runs the api, which has a relay inside."""

from functools import partial

import typer

from deploy.commands.processes.addresses import say_where
from deploy.commands.processes.parts import run_part, settings_of_a_part
from deploy.databases.migrations import DIRECTORY
from deploy.databases.open_databases import open_directory
from deploy.http.server import bind_api
from deploy.processes.api_process import run_api


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(api)


def api() -> None:
    """Run the api with a relay inside, beside other processes."""
    settings = settings_of_a_part()
    with bind_api(settings) as listener:
        part = partial(run_api, settings, listener)
        run_part(settings, open_directory(settings), DIRECTORY, part, say_where)
