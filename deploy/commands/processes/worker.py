"""What does ``muster worker`` do? It runs a worker in a process of its own."""

from functools import partial

import typer

from deploy.commands.processes.parts import run_part, settings_of_a_part
from deploy.databases.migrations import DOWNSTREAM
from deploy.databases.open_databases import open_downstream
from deploy.processes.life import Part
from deploy.processes.worker_process import run_worker
from deploy.tracing.process_tracing import process_tracing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(worker)


def worker() -> None:
    """Run a worker, beside other processes.

    Example: muster worker
    """
    settings = settings_of_a_part()
    with process_tracing(settings, "worker") as tracing:
        part = partial(run_worker, settings, tracing=tracing)
        run_part(Part.WORKER, settings, open_downstream(settings), DOWNSTREAM, part)
