"""What does ``muster dead-letters`` do? It lists or purges messages that no worker could handle."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from deploy.broker.rabbitmq_dead_letters import list_dead_letters, purge_dead_letters
from deploy.broker.transports import topology_of
from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption, settings_with_broker

app = typer.Typer(
    no_args_is_help=True,
    help="Messages that cannot be read, or were never answered. The broker's user must be allowed"
    " to read them.",
)

LETTER_COLUMNS = ("reason", "lane", "attempts", "bytes", "connection", "identity", "version")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="dead-letters")


@app.command("list")
def list_(
    most: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="NUMBER", help="How many to look at.")
    ] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show the oldest; they stay where they are.

    Example: muster dead-letters list --most 20
    """
    settings = settings_with_broker()
    letters = asyncio.run(
        list_dead_letters(settings.access_by("broker_url"), topology_of(settings), most)
    )
    show_rows([asdict(letter) for letter in letters], LETTER_COLUMNS, as_json=as_json)


@app.command()
def purge(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Throw all of them away. The changes that they told of are found by muster reconcile.

    Example: muster dead-letters purge --yes
    """
    settings = settings_with_broker()
    if not yes:
        typer.confirm("Throw all dead letters away?", abort=True, err=True)
    purged = asyncio.run(
        purge_dead_letters(settings.access_by("broker_url"), topology_of(settings))
    )
    show_row({"purged": purged}, as_json=as_json)
