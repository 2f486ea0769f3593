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
from deploy.commands.empty_lists import none_in
from deploy.commands.expiry import FORMS, expiry_of
from deploy.commands.output import show_row, show_rows, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.visible_text import say

app = typer.Typer(no_args_is_help=True, help="Bearer tokens of connections.")

Name = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A name for lists and the audit log; it is no secret."),
]
Expires = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help=f"When it ends by itself, in UTC: {FORMS} (default: never)."),
]

OF_USE = ("last_used_at", "last_used_from", "expires_soon")

ENDS_SOON = (
    "a token ends within two weeks: make the next one (muster tokens create), or revoke it if it is"
    " no longer used"
)


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

    When and from where each was last used is exact to a minute. Within two weeks before its end, a
    token that lives expires soon.

    Example: muster tokens list acme-store
    """

    async def work(it: Administration) -> Sequence[ListedToken]:
        return await list_tokens(it, COMMAND, connection, revoked=revoked)

    columns = ("id", "name", "state", "created_at", "created_by", "expires_at", *OF_USE)
    rows = [_row_of(token) for token in on_administration(work)]
    if not as_json and any(row["expires_soon"] for row in rows):
        say(f"muster: {ENDS_SOON}", to_stderr=True)
    told = (*columns, "revoked_at") if revoked else columns
    show_rows(rows, told, as_json=as_json, if_none=none_in("tokens list"))


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
        bool,
        typer.Option("--keep-old", help="The newest of the earlier tokens goes on living."),
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
    return with_times(asdict(token), "created_at", "expires_at", "revoked_at", "last_used_at")


def _print_new(new: NewToken, *, as_json: bool) -> None:
    show_row(with_times(asdict(new), "expires_at"), as_json=as_json)
