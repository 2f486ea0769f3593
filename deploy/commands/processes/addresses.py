"""Where is a process found? It prints its addresses once it is ready to serve."""

import socket

from deploy.commands.visible_text import say
from deploy.http.server import url_of
from deploy.settings import Settings


def say_where(settings: Settings, operators: socket.socket) -> None:
    """Print the addresses of a process that serves the api."""
    say_metrics(settings, operators)
    say(f"Serving on {settings.base}; Ctrl-C stops.")


def say_admin(settings: Settings, listener: socket.socket) -> None:
    """Print the addresses of the admin API and of the console, where they are served."""
    if settings.console:
        say(f"Console on {url_of(listener)}/console/.")
    say(f"Administration on {url_of(listener)}/admin/v1, described under /docs.")


def say_metrics(_settings: Settings, operators: socket.socket) -> None:
    """Print the addresses that every process has."""
    say(f"Metrics and health on {url_of(operators)}/metrics, /livez and /readyz.")
