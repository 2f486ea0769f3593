"""What does ``muster api`` do? It runs the api with a relay inside, as one process or more."""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from deploy.commands.invalid_input import InvalidInput
from deploy.commands.processes.parts import run_part, settings_of_a_part
from deploy.databases.migrations import DIRECTORY
from deploy.databases.open_databases import open_directory
from deploy.http.server import bind_api, bind_api_for
from deploy.processes.api_process import run_api
from deploy.processes.forked_processes import ForkedProcess, fork
from deploy.processes.life import Part
from deploy.settings import Settings
from deploy.tracing.process_tracing import process_tracing

LAST_PORT = 65_535


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(api)


def api(
    workers: Annotated[
        int,
        typer.Option(
            "--workers", min=1, max=64, help="Processes, each on a core; metrics on a port each."
        ),
    ] = 1,
) -> None:
    """Run the api with a relay inside, beside other processes.

    Example: muster api --workers 2
    """
    settings = settings_of_a_part()
    if workers == 1:
        with bind_api(settings) as listener:
            _serve(settings, listener)
        return
    _check_ports(settings, workers)
    with ExitStack() as open_here:
        listeners = list(map(open_here.enter_context, bind_api_for(workers, settings)))
        forked = fork(workers)
        if isinstance(forked, ForkedProcess):
            open_here.pop_all()
            _serve_one_of(listeners, forked, settings)
            return
    forked.wait()  # by now its own sockets are closed, so that a draining process takes no client


def _serve_one_of(
    listeners: Sequence[socket.socket], process: ForkedProcess, settings: Settings
) -> None:
    for number, listener in enumerate(listeners):
        if number != process.number:
            listener.close()
    with listeners[process.number] as listener:
        _serve(_settings_of(process, settings), listener, process.lifeline)


def _serve(settings: Settings, listener: socket.socket, lifeline: int | None = None) -> None:
    with process_tracing(settings, "api") as tracing:
        part = partial(run_api, settings, listener, tracing=tracing)
        run_part(Part.API, settings, open_directory(settings), DIRECTORY, part, lifeline)


def _settings_of(process: ForkedProcess, settings: Settings) -> Settings:
    """Return the settings of a process: its port of metrics follows that of the one before."""
    port = settings.metrics_port and settings.metrics_port + process.number
    return settings.model_copy(update={"metrics_port": port})


def _check_ports(settings: Settings, workers: int) -> None:
    if settings.metrics_port + workers - 1 > LAST_PORT:
        raise InvalidInput(
            f"each process has a port of metrics: set MUSTER_METRICS_PORT"
            f" to {LAST_PORT - workers + 1} or less"
        )
