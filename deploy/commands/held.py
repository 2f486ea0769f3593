"""What does ``muster held`` do? It lists who is held by a brake, and an administrator decides."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND, Actor
from api.admin.administration import Administration
from api.admin.held import approve_held, every_held, list_held, reject_held
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.output import print_json_pages, show_row, show_rows, with_times
from deploy.commands.session import ConnectionId, JsonOption, on_administration
from deploy.commands.visible_text import say

app = typer.Typer(
    no_args_is_help=True, help="People who are held by the brake of their connection."
)

MOST_SHOWN = 100
"""The people in the table. --json prints all of them."""

Row = dict[str, Any]
Decide = Callable[
    [Administration, Actor, str, Collection[str] | None], Awaitable[int]
]  # approve_held or reject_held

OfIdentities = Annotated[
    list[str] | None,
    typer.Option("--identity", metavar="ID", help="Only this SCIM user. Repeatable."),
]
All = Annotated[bool, typer.Option("--all", help="Everybody who is held at this moment.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="held")


@app.command("list")
def list_(connection: ConnectionId, as_json: JsonOption = False) -> None:
    """List the people who are held, effect by effect, the longest held first.

    deactivation: they have left. device: they have left, and too many devices would go with them.
    admin-role: neither a mapped name nor the rule makes them Admins any more. They keep access or
    role until somebody decides: nothing is released by itself.

    Example: muster held list acme-store
    """

    async def pages(it: Administration) -> AsyncIterator[Sequence[Row]]:
        async for page in every_held(it, COMMAND, connection):
            yield [with_times(asdict(held), "since") for held in page]

    async def print_all(it: Administration) -> None:
        await print_json_pages(pages(it))

    async def first(it: Administration) -> list[Row]:
        found = await list_held(it, COMMAND, connection, most=MOST_SHOWN + 1)
        return [with_times(asdict(held), "since") for held in found]

    if as_json:
        on_administration(print_all)
        return
    rows = on_administration(first)
    show_rows(rows[:MOST_SHOWN], ("identity", "effect", "since"), as_json=False)
    if len(rows) > MOST_SHOWN:
        say("… and more: --json shows all.")


@app.command()
def approve(
    connection: ConnectionId,
    identity: OfIdentities = None,
    everybody: All = False,
    as_json: JsonOption = False,
) -> None:
    """Let people leave, or lose the Admin role, who are held; that counts for no brake.

    With --identity, also those who were rejected before.

    Example: muster held approve acme-store --all
    """
    _decide(connection, approve_held, "approved", _meant(identity, everybody), as_json=as_json)


@app.command()
def reject(
    connection: ConnectionId,
    identity: OfIdentities = None,
    everybody: All = False,
    as_json: JsonOption = False,
) -> None:
    """Keep people as they are, until the provider activates them, or gives the role, once more.

    People whom the provider deletes later stay as well. muster people list --waived finds them all.

    Example: muster held reject acme-store --identity 8f0c2b6e5d4a4e0f9b1c7a3d2e5f6a7b
    """
    _decide(connection, reject_held, "rejected", _meant(identity, everybody), as_json=as_json)


def _meant(identities: list[str] | None, everybody: bool) -> list[str] | None:
    """Return the identities that are meant; None: all of them.

    :raises InvalidInput: when it is not clear which ones are meant.
    """
    if bool(identities) == everybody:
        raise InvalidInput("name people by --identity, or take everybody by --all")
    return identities or None


def _decide(
    connection: str, decide: Decide, done: str, meant: list[str] | None, *, as_json: bool
) -> None:
    async def work(it: Administration) -> int:
        return await decide(it, COMMAND, connection, meant)

    show_row({"connection": connection, done: on_administration(work)}, as_json=as_json)
