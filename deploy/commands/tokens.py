"""What does ``muster tokens`` do? It lists, makes, replaces and ends the tokens of a connection."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.tokens import (
    ListedToken,
    NewToken,
    TokenChoices,
    create_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from contracts.clock import now
from deploy.commands.expiry import FORMS, expiry_of
from deploy.commands.output import show_row, show_rows, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration

app = typer.Typer(no_args_is_help=True, help="Bearer tokens of connections.")

Name = Annotated[
    str | None, typer.Option(help="A name for lists and the audit log; it is no secret.")
]
Expires = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help=f"When it ends by itself, in UTC: {FORMS} (default: never)."),
]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="tokens")


@app.command("list")
def list_(
    connection: ConnectionId,
    revoked: Annotated[
        bool, typer.Option("--revoked", help="Also those that were revoked.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the tokens of a connection, the newest first, without the tokens themselves.

    Example: muster tokens list acme-store
    """

    async def work(it: Administration) -> Sequence[ListedToken]:
        return await list_tokens(it, COMMAND, connection, revoked=revoked)

    columns = ("id", "name", "state", "created_at", "created_by", "expires_at")
    rows = [_row_of(token) for token in on_administration(work)]
    show_rows(rows, (*columns, "revoked_at") if revoked else columns, as_json=as_json)


@app.command()
def create(
    connection: ConnectionId,
    name: Name = None,
    expires: Expires = None,
    as_json: JsonOption = False,
) -> None:
    """Make one more token; prints it this once. Two may live at a time.

    Example: muster tokens create acme-store --name okta-2027 --expires 365d
    """
    choices = _choices_of(name, expires)

    async def work(it: Administration) -> NewToken:
        return await create_token(it, COMMAND, connection, choices)

    _print_new(on_administration(work), as_json=as_json)


@app.command()
def rotate(
    connection: ConnectionId,
    name: Name = None,
    expires: Expires = None,
    keep_old: Annotated[
        bool, typer.Option(help="The newest of the earlier tokens goes on living.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new token; prints it this once. Without --keep-old earlier ones end at once.

    Example: muster tokens rotate acme-store
    """
    choices = _choices_of(name, expires)

    async def work(it: Administration) -> NewToken:
        return await rotate_token(it, COMMAND, connection, choices, keep_old=keep_old)

    _print_new(on_administration(work), as_json=as_json)


@app.command()
def revoke(
    connection: ConnectionId,
    token: Annotated[str, typer.Argument(metavar="ID", help="The id, as in the list of tokens.")],
    as_json: JsonOption = False,
) -> None:
    """End one token at once; the others stay.

    Example: muster tokens revoke acme-store 3f2a9c01d4e7
    """

    async def work(it: Administration) -> ListedToken:
        return await revoke_token(it, COMMAND, connection, token)

    show_row(_row_of(on_administration(work)), as_json=as_json)


def _choices_of(name: str | None, expires: str | None) -> TokenChoices:
    return TokenChoices(name, None if expires is None else expiry_of(expires, now()))


def _row_of(token: ListedToken) -> dict[str, Any]:
    return with_times(asdict(token), "created_at", "expires_at", "revoked_at")


def _print_new(new: NewToken, *, as_json: bool) -> None:
    show_row(with_times(asdict(new), "expires_at"), as_json=as_json)
