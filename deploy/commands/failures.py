"""What does ``muster failures`` do? It lists events that were given up, or publishes them again."""

from collections import defaultdict
from dataclasses import asdict
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.failures import FailureFilter, group_failures, list_failures, retry_failures
from api.admin.resync import Resynced
from api.reconciliation.arrivals import Awaited, awaited_among
from deploy.commands.choices import KindArgument
from deploy.commands.output import show_rows, with_times
from deploy.commands.progress import progress_bar
from deploy.commands.session import JsonOption, OfConnection, on_administration
from deploy.commands.waiting import TimeoutOption, WaitOption, check_wait, show_and_wait

app = typer.Typer(no_args_is_help=True, help="Events that could not be published or applied.")

TIME_COLUMNS = ("first_at", "last_at")

OfIdentity = Annotated[
    str | None, typer.Option("--identity", metavar="ID", help="Only of this SCIM user.")
]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="failures")


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """Show how many identities failed, grouped by kind and message.

    Example: muster failures list
    """

    async def work(it: Administration) -> list[dict[str, Any]]:
        groups = await group_failures(it, COMMAND)
        return [with_times(asdict(group), *TIME_COLUMNS) for group in groups]

    columns = ("kind", "message", "identities", *TIME_COLUMNS)
    show_rows(on_administration(work), columns, as_json=as_json)


@app.command()
def show(
    kind: KindArgument = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    as_json: JsonOption = False,
) -> None:
    """Show the identities whose events failed, the latest first.

    Example: muster failures show permanent --connection acme-store
    """
    meant = FailureFilter(kind, connection, identity)

    async def work(it: Administration) -> list[dict[str, Any]]:
        found = await list_failures(it, COMMAND, meant)
        return [with_times(asdict(failure), *TIME_COLUMNS) for failure in found]

    columns = ("connection", "identity", "kind", "message", "attempts", "last_at", "correlation_id")
    show_rows(on_administration(work), columns, as_json=as_json)


@app.command()
def retry(
    kind: KindArgument = None,
    connection: OfConnection = None,
    identity: OfIdentity = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Publish the newest state of failed identities again; a success ends the failure.

    Left alone are people whose failed event is newer than the directory knows, which may have been
    a leaving, and people who have left downstream: muster reconcile shows them.

    Example: muster failures retry exhausted --connection acme-store --wait
    """
    check_wait(wait=wait, timeout=timeout)
    meant = FailureFilter(kind, connection, identity)
    tried: dict[str, set[str]] = defaultdict(set)

    async def work(it: Administration) -> Resynced:
        if wait:
            for failure in await list_failures(it, COMMAND, meant):
                tried[failure.connection].add(failure.identity)
        return await retry_failures(it, COMMAND, meant)

    with progress_bar(as_json=as_json) as show:
        show("publishing", 0, None)
        done = on_administration(work)

    async def marked(it: Administration) -> Awaited:
        for leaver in done.left_alone:
            tried[leaver.connection].discard(leaver.identity)
        return await awaited_among(it.directory, tried)

    row = {"marked": done.marked}
    show_and_wait(row, done.left_alone, marked, wait=wait, timeout=timeout, as_json=as_json)
