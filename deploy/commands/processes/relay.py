"""What does ``muster relay`` do? It runs a relay in a process of its own."""

from functools import partial

import typer

from deploy.commands.processes.parts import run_part, settings_of_a_part
from deploy.databases.migrations import DIRECTORY
from deploy.databases.open_databases import open_directory
from deploy.processes.life import Part
from deploy.processes.relay_process import run_relay
from deploy.tracing.process_tracing import process_tracing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(relay)


def relay() -> None:
    """Run a relay alone, beside other processes.

    Example: muster relay
    """
    settings = settings_of_a_part()
    with process_tracing(settings, "relay") as tracing:
        part = partial(run_relay, settings, tracing=tracing)
        run_part(Part.RELAY, settings, open_directory(settings), DIRECTORY, part)
