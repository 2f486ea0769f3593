"""``muster tokens``: replace the token of a connection."""

from typing import Annotated, Any

import typer

from api.admin import connections
from api.base_urls import base_url_of
from contracts.clock import now
from deploy.commands.connections import ConnectionId
from deploy.commands.output import show_row
from deploy.commands.session import JsonOption, on_databases
from deploy.databases.open_databases import Databases
from deploy.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Bearer tokens of connections.")


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

    async def work(databases: Databases, settings: Settings) -> dict[str, Any]:
        token = await connections.rotate_token(
            databases.directory, connection, now(), keep_old=keep_old
        )
        return {
            "connection": connection,
            "base_url": base_url_of(settings.base, connection),
            "token": token,
        }

    show_row(on_databases(work), as_json=as_json)
