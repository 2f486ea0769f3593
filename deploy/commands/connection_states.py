"""How does ``muster connections`` stop a connection and let it go on? It has a command per verb."""

from dataclasses import asdict
from typing import Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connection_states import change_state, show_connection
from api.admin.connections import ConnectionInUse
from api.admin.rule_choices import described
from api.connection_urls import base_url_of
from api.directory.connection_states import Verb
from contracts.rules import RULES
from deploy.commands.output import show_row, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration


def add_to(connections: typer.Typer) -> None:
    """Add the commands to those of connections."""
    for command in (show, pause, observe, resume, off, on):
        connections.command()(command)


def row_of(it: Administration, connection: ConnectionInUse) -> dict[str, Any]:
    """Return a connection as a row. While it is off, ``state_when_on`` is what it will be."""
    row = {
        "connection": connection.id,
        "workspace": connection.workspace,
        "portal": connection.portal,
        "state": connection.standing.shown,
        "state_when_on": connection.standing.state,
        "state_since": connection.state_since,
        "state_by": connection.state_by,
        "base_url": base_url_of(it.public_url, connection.id),
        "rules": RULES.dump_python(connection.rules, mode="json"),
    }
    return with_times(row, "state_since") | asdict(described(connection.rules))


def show(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Show a connection: its state, since when and by whom, its base URL and its rules.

    Example: muster connections show acme-store
    """

    async def work(it: Administration) -> dict[str, Any]:
        return row_of(it, await show_connection(it, COMMAND, connection))

    _print(on_administration(work), as_json=as_json)


def pause(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Apply nothing more that the provider pushes, until it is resumed; answers stay the same.

    Events that are on their way already are still applied.

    Example: muster connections pause acme-store
    """
    _change(connection, Verb.PAUSE, as_json=as_json)


def observe(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Apply nothing, as for a first sync that is to be looked at before it counts.

    Example: muster connections observe acme-store
    """
    _change(connection, Verb.OBSERVE, as_json=as_json)


def resume(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Go live: apply what has waited, the newest state of each person, and all that comes.

    Example: muster connections resume acme-store
    """
    _change(connection, Verb.RESUME, as_json=as_json)


def off(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Answer the provider with 403; people stay as they are, and what was accepted is applied.

    Example: muster connections off acme-store
    """
    _change(connection, Verb.OFF, as_json=as_json)


def on(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """Answer the provider again, in the state that the connection had; its tokens are the same.

    Example: muster connections on acme-store
    """
    _change(connection, Verb.ON, as_json=as_json)


def _change(connection: str, verb: Verb, *, as_json: bool) -> None:
    async def work(it: Administration) -> dict[str, Any]:
        return row_of(it, await change_state(it, COMMAND, connection, verb))

    _print(on_administration(work), as_json=as_json)


def _print(row: dict[str, Any], *, as_json: bool) -> None:
    shown = row if as_json else {name: value for name, value in row.items() if name != "rules"}
    show_row(shown, as_json=as_json)
