"""How does ``muster connections`` stop a connection and let it go on? It has a command per verb."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connection_states import change_state, show_connection
from api.admin.connections import ConnectionInUse
from api.admin.delete_connection import left_to_close
from api.admin.providers.fill_in import Values, filled_in
from api.admin.providers.named_guides import GUIDES, Provider
from api.admin.rule_choices import described
from api.admin.seen_names import mapping_warnings
from api.connection_urls import base_url_of
from api.directory.connection_states import Verb
from contracts.rules import RULES, Rules
from deploy.commands.output import show_row, with_times
from deploy.commands.provider_forms import show_guide
from deploy.commands.session import ConnectionId, JsonOption, on_administration

ForProvider = Annotated[
    Provider | None,
    typer.Option(
        "--for",
        case_sensitive=False,
        metavar="PROVIDER",
        help="Print instead, step by step, what is entered at the identity provider: okta, entra,"
        " onelogin, jumpcloud, google, keycloak, authentik, or generic for any other.",
    ),
]


def add_to(connections: typer.Typer) -> None:
    """Add the commands to those of connections."""
    for command in (show, pause, observe, resume, off, on):
        connections.command()(command)


def row_of(
    it: Administration, connection: ConnectionInUse, left: Mapping[str, int]
) -> dict[str, Any]:
    """Return a connection as a row. While it is off, ``state_when_on`` is what it will be.

    While it is being deleted, ``people`` and ``people_left`` tell how far that has come.

    :param left: the people that are not applied yet of connections that close, by their ids.
    """
    row = {
        "connection": connection.id,
        "workspace": connection.workspace,
        "portal": connection.portal,
        "state": connection.standing.shown,
        "state_when_on": connection.standing.state,
        "state_since": connection.state_since,
        "state_by": connection.state_by,
        "brake": connection.brake,
        "base_url": base_url_of(it.public_url, connection.id),
        "rules": rules_of(connection.rules),
    }
    if connection.closing is not None:
        row |= {"people": connection.closing.people.value, "people_left": left[connection.id]}
    return with_times(row, "state_since") | asdict(described(connection.rules))


async def whole_row(it: Administration, connection: ConnectionInUse) -> dict[str, Any]:
    """Return a connection as a row, for which the people left are counted if it closes."""
    return row_of(it, connection, await left_to_close(it, [connection]))


def rules_of(rules: Rules) -> Any:
    """Return rules as JSON."""
    return RULES.dump_python(rules, mode="json")


def show(
    connection: ConnectionId, provider: ForProvider = None, as_json: JsonOption = False
) -> None:
    """Show a connection: its state, since when and by whom, its base URL and its rules.

    With --for, the form of an identity provider is shown, with the values of the connection filled
    in. A token is not among them: muster tokens create makes one, and shows it that once.

    Example: muster connections show acme-store --for okta
    """
    if provider is not None:
        _show_form(connection, provider, as_json=as_json)
        return

    async def work(it: Administration) -> dict[str, Any]:
        row = await whole_row(it, await show_connection(it, COMMAND, connection))
        return row | {"warnings": list(await mapping_warnings(it, COMMAND, connection))}

    show_connection_row(on_administration(work), as_json=as_json)


def _show_form(connection: str, provider: Provider, *, as_json: bool) -> None:
    async def work(it: Administration) -> Values:
        found = await show_connection(it, COMMAND, connection)
        return Values(found.id, found.portal, base_url_of(it.public_url, found.id))

    values = on_administration(work)
    show_guide(filled_in(GUIDES[provider], values), values, as_json=as_json)


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
    """Answer the provider with 403; people stay as they are, and accepted changes are applied.

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
        return await whole_row(it, await change_state(it, COMMAND, connection, verb))

    show_connection_row(on_administration(work), as_json=as_json)


def show_connection_row(row: dict[str, Any], *, as_json: bool) -> None:
    """Print a connection; its rules as they are stored are for programs."""
    shown = row if as_json else {name: value for name, value in row.items() if name != "rules"}
    show_row(shown, as_json=as_json)
