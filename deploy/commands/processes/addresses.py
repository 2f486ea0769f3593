"""Where is a process found? It prints its addresses once it is ready to serve."""

import socket

import typer

from deploy.http.server import url_of
from deploy.settings import Settings


def say_where(settings: Settings, operators: socket.socket) -> None:
    """Print the addresses of a process that serves the api."""
    say_metrics(settings, operators)
    typer.echo(f"Serving on {settings.base}; Ctrl-C stops.")


def say_metrics(_settings: Settings, operators: socket.socket) -> None:
    """Print the addresses that every process has."""
    typer.echo(f"Metrics and health on {url_of(operators)}/metrics, /livez and /readyz.")
