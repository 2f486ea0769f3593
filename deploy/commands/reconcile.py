"""``muster reconcile``: where directory and downstream disagree, and the repair."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from api.reconciliation import Comparison, Reconciliation, Verdict
from api.repair import repair
from contracts.clock import now
from deploy.commands.session import JsonOption, on_databases
from deploy.opened import Databases
from deploy.output import print_json, show_row, show_rows
from deploy.settings import Settings
from deploy.transports import open_publisher, topology_of
from worker.drift import PlannedAssertions
from worker.sync_states import StoredSyncStates

IN_HAND_SECONDS = 30
"""What a worker may need for what it has in hand, once nothing waits any more."""

SHOWN = 50
"""Findings in the table; --json has all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, and how many identities were marked to repair it."""

    comparison: Comparison
    marked: int | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    fix: Annotated[
        bool, typer.Option("--fix", help="Publish whatever disagrees again, as muster resync does.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare every identity with what is downstream; exit status 1 where they disagree.

    missing, stale: published, and never arrived.

    ahead: downstream knows a newer version, so the directory was restored.

    failed: given up after every retry.

    tampered: somebody else has changed the account, or taken it away.

    orphaned: an account is held for nobody that the directory knows.
    """

    async def work(databases: Databases, settings: Settings) -> Outcome:
        before = now() - int(await _seconds_on_the_way(settings) * 1_000_000)
        states = StoredSyncStates(databases.downstream)
        reconciliation = Reconciliation(databases.directory, states, before)
        comparison = await reconciliation.compare(PlannedAssertions(databases.downstream))
        marked = await repair(databases.directory, comparison.findings, now()) if fix else None
        return Outcome(comparison, marked)

    outcome = on_databases(work)
    _show(outcome, as_json=as_json)
    if outcome.comparison.findings and not fix:
        raise typer.Exit(1)


async def _seconds_on_the_way(settings: Settings) -> float:
    """Return how long after its publication an event may still arrive."""
    if not settings.broker_url:
        return 0  # without a broker a mark stays until its event is applied
    async with open_publisher(settings) as publisher:
        state = await publisher.look()
    if state.backlog is not None and state.backlog.is_empty:
        return IN_HAND_SECONDS
    return topology_of(settings).longest_retry_seconds


def _show(outcome: Outcome, *, as_json: bool) -> None:
    comparison = outcome.comparison
    counts = {verdict.value: comparison.counts[verdict] for verdict in Verdict}
    if outcome.marked is not None:
        counts["marked"] = outcome.marked
    findings: list[dict[str, Any]] = [asdict(finding) for finding in comparison.findings]
    if as_json:
        print_json(counts | {"findings": findings})
        return
    show_row(counts, as_json=False)
    if findings:
        columns = ("connection", "identity", "verdict", "differs")
        show_rows(findings[:SHOWN], columns, as_json=False)
    if len(findings) > SHOWN:
        typer.echo(f"… and {len(findings) - SHOWN} more: --json shows all.")
