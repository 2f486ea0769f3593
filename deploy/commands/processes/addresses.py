"""Where is a process found? It tells its addresses, to people on a terminal or in its JSON log."""

import socket
from collections.abc import Mapping

import structlog

from deploy.commands.visible_text import say
from deploy.http.server import url_of
from deploy.settings import Settings

LOG = structlog.get_logger(__name__)

SENTENCES = {
    "console": "Console on {}.",
    "admin": "Administration on {}, described under /docs.",
    "metrics": "Metrics and health on {}/metrics, /livez and /readyz.",
    "api": "Serving on {}; Ctrl-C stops.",
}
"""The sentences that tell people the addresses, in the order in which they are printed."""


def say_where(
    settings: Settings,
    operators: socket.socket,
    *,
    api: bool = False,
    administrators: socket.socket | None = None,
) -> None:
    """Print the addresses of a process that is about to serve, or log them if logs are JSON.

    Programs read logs in JSON, often from the same stream as printed text. So nothing is printed
    then, and the addresses are a line of the log.

    :param api: whether it serves providers.
    :param administrators: the socket for the admin API and the console, if it serves them.
    """
    found = {**_administration(settings, administrators), "metrics": url_of(operators)}
    if api:
        found["api"] = settings.base
    if settings.log_format == "json":
        LOG.info("serving", **found)
        return
    for name, url in found.items():
        say(SENTENCES[name].format(url))


def _administration(settings: Settings, listener: socket.socket | None) -> Mapping[str, str]:
    if listener is None:
        return {}
    console = {"console": f"{url_of(listener)}/console/"} if settings.console else {}
    return console | {"admin": f"{url_of(listener)}/admin/v1"}
