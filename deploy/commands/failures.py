"""What does ``muster failures`` do? It lists events that were given up, or publishes them again."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.failures import FailureFilter, group_failures, list_failures, retry_failures
from api.admin.named_values import one_of
from api.admin.resync import Resynced
from api.directory.identity_listing import UNPUBLISHABLE
from deploy.commands.output import show_rows, with_times
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.unknown_leavers import show_published
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.retries import FailureKind
from worker.sync.failures import StoredFailures
from worker.sync.states import StoredSyncStates

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

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        failures = StoredFailures(databases.downstream)
        groups = await group_failures(databases.directory, failures)
        return [with_times(asdict(group), *TIME_COLUMNS) for group in groups]

    show_rows(on_databases(work), ("kind", "message", "identities", *TIME_COLUMNS), as_json=as_json)


@app.command()
def show(
    kind: Kind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Show the identities whose events failed, the latest first."""
    meant = FailureFilter(_kind_named(kind), connection, identity)

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        failures = StoredFailures(databases.downstream)
        found = await list_failures(databases.directory, failures, meant)
        return [with_times(asdict(failure), *TIME_COLUMNS) for failure in found]

    columns = ("connection", "identity", "kind", "message", "attempts", "last_at", "correlation_id")
    show_rows(on_databases(work), columns, as_json=as_json)


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

    async def work(databases: Databases, _settings: Settings) -> Resynced:
        downstream = databases.downstream
        failures, states = StoredFailures(downstream), StoredSyncStates(downstream)
        return await retry_failures(databases.directory, failures, states, meant)

    done = on_databases(work)
    show_published({"marked": done.marked}, done.left_alone, as_json=as_json)


def _kind_named(text: str | None) -> str | None:
    """Return the kind of failures of this name; None, which means all kinds, without a name."""
    if text is None:
        return None
    return one_of("the kind", text.lower(), (*FailureKind, UNPUBLISHABLE))
