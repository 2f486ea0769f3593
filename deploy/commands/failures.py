"""What does ``muster failures`` do? It lists events that were given up, or publishes them again."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.failures import FailureFilter, group_failures, list_failures, retry_failures
from api.admin.named_values import one_of
from api.admin.resync import Resynced
from api.directory.identity_listing import UNPUBLISHABLE
from deploy.commands.output import show_rows, with_times
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.unknown_leavers import show_published
from worker.retries import FailureKind

app = typer.Typer(no_args_is_help=True, help="Events that could not be published or applied.")

TIME_COLUMNS = ("first_at", "last_at")

Kind = Annotated[
    str | None,
    typer.Argument(help="exhausted, permanent or unpublishable; all, where left out."),
]
OfConnection = Annotated[
    str | None, typer.Option("--connection", metavar="ID", help="Only of this connection.")
]
OfIdentity = Annotated[
    str | None, typer.Option("--identity", metavar="ID", help="Only of this SCIM user.")
]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="failures")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show how many identities failed, grouped by kind and message."""

    async def work(it: Administration) -> list[dict[str, Any]]:
        groups = await group_failures(it, COMMAND)
        return [with_times(asdict(group), *TIME_COLUMNS) for group in groups]

    columns = ("kind", "message", "identities", *TIME_COLUMNS)
    show_rows(on_administration(work), columns, as_json=as_json)


@app.command()
def show(
    kind: Kind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Show the identities whose events failed, the latest first."""
    meant = FailureFilter(_kind_named(kind), connection, identity)

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_failures(it, COMMAND, meant)
        return [with_times(asdict(failure), *TIME_COLUMNS) for failure in found]

    columns = ("connection", "identity", "kind", "message", "attempts", "last_at", "correlation_id")
    show_rows(on_administration(work), columns, as_json=as_json)


@app.command()
def retry(
    kind: Kind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of failed identities again; a success ends the failure.

    Left alone are people whose failed event is newer than the directory knows, which may have been
    a leaving, and people who have left downstream: muster reconcile shows them.
    """
    meant = FailureFilter(_kind_named(kind), connection, identity)

    async def work(it: Administration) -> Resynced:
        return await retry_failures(it, COMMAND, meant)

    done = on_administration(work)
    show_published({"marked": done.marked}, done.left_alone, as_json=as_json)


def _kind_named(text: str | None) -> str | None:
    """Return the kind of failures of this name; None, which means all kinds, without a name."""
    if text is None:
        return None
    return one_of("the kind", text.lower(), (*FailureKind, UNPUBLISHABLE))
