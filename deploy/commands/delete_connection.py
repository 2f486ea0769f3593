"""How does ``muster connections delete`` ask? It has to be told what becomes of people."""

import sys
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.delete_connection import delete_connection
from api.directory.closing import People
from deploy.commands.connection_states import show_connection_row, whole_row
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.session import ConnectionId, JsonOption, on_administration

QUESTION = "muster: what becomes of the people of {connection}: keep or deactivate?"


def add_to(connections: typer.Typer) -> None:
    """Add the command to those of connections."""
    connections.command("delete")(delete)


def delete(
    connection: ConnectionId,
    people: Annotated[
        People | None,
        typer.Option(
            "--people",
            help="keep: accounts and devices stay, unlinked. deactivate: the rules treat each"
            " person as a leaver.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a connection: its tokens end at once, and it closes until all people are applied.

    The relays of running processes carry that out, and connections show tells how many people are
    left. Changes that wait because the connection is paused or observing are not carried out.

    Example: muster connections delete acme-store --people keep
    """
    chosen = people or _asked(connection)

    async def work(it: Administration) -> dict[str, Any]:
        return await whole_row(it, await delete_connection(it, COMMAND, connection, chosen))

    show_connection_row(on_administration(work), as_json=as_json)


def _asked(connection: str) -> People:
    """Return the choice of a person at a terminal.

    :raises InvalidInput: when there is none.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InvalidInput("say what becomes of people: --people keep, or --people deactivate")
    chosen: People = typer.prompt(
        QUESTION.format(connection=connection), value_proc=_people_in, err=True
    )
    return chosen


def _people_in(answer: str) -> People:
    """Return the choice in an answer; after any other answer, the question is asked again."""
    try:
        return People(answer.strip().lower())
    except ValueError:
        raise typer.BadParameter("keep leaves them as they are, deactivate removes them") from None
