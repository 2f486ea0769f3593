"""What does ``muster tokens`` do? It replaces the bearer token of a connection."""

from dataclasses import asdict
from typing import Annotated

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.connections import Credentials
from api.admin.tokens import rotate_token
from deploy.commands.output import show_row
from deploy.commands.session import ConnectionId, JsonOption, on_administration

app = typer.Typer(no_args_is_help=True, help="Bearer tokens of connections.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="tokens")


@app.callback()
def _tokens() -> None:
    """Keep ``rotate`` a subcommand while it is the only one."""


@app.command()
def rotate(
    connection: ConnectionId,
    keep_old: Annotated[
        bool, typer.Option(help="Earlier tokens stay valid until the next rotation.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new token; prints it this once. Without --keep-old earlier ones end at once."""

    async def work(it: Administration) -> Credentials:
        return await rotate_token(it, COMMAND, connection, keep_old=keep_old)

    show_row(asdict(on_administration(work)), as_json=as_json)
