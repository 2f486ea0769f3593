"""``muster failures``: events that were given up, why, and another try."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.rules import one_of
from api.directory.identity_listing import UNPUBLISHABLE
from api.outbox.rejections import Rejections
from api.reconciliation.repair import repair
from api.reconciliation.verdicts import Finding, Verdict
from contracts.clock import now
from contracts.listed_failures import ListedFailure
from deploy.commands.output import show_rows, with_times
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.unknown_leavers import comparing, show_published
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.failures import StoredFailures
from worker.retries import FailureKind

app = typer.Typer(no_args_is_help=True, help="Events that could not be published or applied.")

TIMES = ("first_at", "last_at")

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


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show how many identities failed, grouped by kind and message."""

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        failures = await StoredFailures(databases.downstream).groups()
        rejections = await Rejections(databases.directory).groups()
        groups = [*map(asdict, failures), *map(asdict, rejections)]
        return [with_times(group, *TIMES) for group in groups]

    show_rows(on_databases(work), ("kind", "message", "identities", *TIMES), as_json=as_json)


@app.command()
def show(
    kind: Kind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Show whose events failed, the latest first."""
    chosen = None if kind is None else _kind_named(kind)

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        found = await _find(databases, chosen, connection, identity)
        return [with_times(asdict(failure), *TIMES) for failure in found]

    columns = ("connection", "identity", "kind", "message", "attempts", "last_at", "correlation_id")
    show_rows(on_databases(work), columns, as_json=as_json)


@app.command()
def retry(
    kind: Kind = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of whoever failed again; a success ends the failure.

    Left alone is whoever failed with something newer than the directory knows, which may have been
    a leaving, and whoever has left downstream: muster reconcile shows them.
    """
    chosen = None if kind is None else _kind_named(kind)

    async def work(databases: Databases, _settings: Settings) -> tuple[int, list[Finding]]:
        failures = await _find(databases, chosen, connection, identity)
        found = await comparing(databases).of({(it.connection, it.identity) for it in failures})
        marked = await repair(databases.directory, found, now())
        return marked, [it for it in found if it.verdict is Verdict.LEFT]

    marked, leavers = on_databases(work)
    show_published({"marked": marked}, leavers, as_json=as_json)


async def _find(
    databases: Databases, kind: str | None, connection: str | None, identity: str | None
) -> list[ListedFailure]:
    found: list[ListedFailure] = []
    if kind != UNPUBLISHABLE:
        failures = StoredFailures(databases.downstream)
        found += await failures.of(kind=kind, connection=connection, identity=identity)
    if kind in {UNPUBLISHABLE, None}:
        rejections = Rejections(databases.directory)
        found += await rejections.of(connection=connection, identity=identity)
    return found


def _kind_named(text: str) -> str:
    """Return a kind of failures by its name: one of the worker's, or what cannot be published."""
    one_of("the kind", text.lower(), (*FailureKind, UNPUBLISHABLE))
    return text.lower()
