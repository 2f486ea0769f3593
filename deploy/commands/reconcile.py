"""``muster reconcile``: where directory and downstream disagree, and the repair."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated

import typer

from api.admin.rules import InvalidInput
from api.reconciliation.reconcile import Comparison, Reconciliation
from api.reconciliation.repair import bring_back, repair
from api.reconciliation.verdicts import Finding, Moment, Verdict
from contracts.clock import now
from deploy.broker.transports import open_publisher, topology_of
from deploy.commands.output import print_json, show_row, show_rows
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.unknown_leavers import rows_of, show_leavers
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from worker.drift import PlannedAssertions
from worker.sync_states import StoredSyncStates

IN_HAND_SECONDS = 30
"""What a worker may need for what it has in hand, once nothing waits any more."""

SHOWN = 50
"""Findings in the table; --json has all of them."""

Identities = Annotated[
    list[str] | None,
    typer.Option(
        "--identity",
        metavar="ID",
        help="With --fix: of those who left, bring back only this SCIM user. Repeatable.",
    ),
]


@dataclass(slots=True)
class Outcome:
    """A comparison, and what was done about it, if anything was to be.

    ``candidates`` are the leavers who may be brought back: all of them, or those who were named.
    """

    comparison: Comparison
    candidates: Sequence[Finding]
    marked: int | None = None
    brought_back: int | None = None

    @property
    def is_well(self) -> bool:
        """Say whether nothing is left to be done; what was marked is on its way."""
        back = self.candidates if self.brought_back is not None else ()
        unmarked = self.comparison.findings and self.marked is None
        return not unmarked and len(back) == len(self.comparison.leavers)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    fix: Annotated[
        bool, typer.Option("--fix", help="Publish whatever disagrees again, as muster resync does.")
    ] = False,
    bring: Annotated[
        bool | None,
        typer.Option(
            "--bring-back/--no-bring-back",
            help="With --fix: bring those back who left, or not, without being asked.",
        ),
    ] = None,
    identities: Identities = None,
    as_json: JsonOption = False,
) -> None:
    """Compare every identity with what is downstream; exit status 1 where they disagree.

    missing, stale: published, and never arrived.

    ahead: downstream knows a newer version, so the directory was restored.

    failed: given up after every retry.

    tampered: somebody else has changed the account, or taken it away.

    orphaned: an account is held for nobody that the directory knows.

    left: somebody has left downstream, and the directory, which was restored, shows them active.
    They are shown apart. --fix asks at a terminal whether to bring them back, and elsewhere leaves
    them alone; the exit status is 1 as long as one is left.
    """
    if not fix and (bring is not None or identities):
        raise typer.BadParameter("--bring-back, --no-bring-back and --identity go with --fix")
    outcome = on_databases(partial(_compare, fix=fix, identities=identities or ()))
    if not as_json:
        _show(outcome)
    people = len(outcome.candidates)
    if fix and people and (_agrees(people, as_json=as_json) if bring is None else bring):
        outcome.brought_back = on_databases(partial(_bring_back, leavers=outcome.candidates))
        if not as_json:
            show_row({"brought_back": outcome.brought_back}, as_json=False)
    if as_json:
        _print(outcome)
    if not outcome.is_well:
        raise typer.Exit(1)


def _agrees(people: int, *, as_json: bool) -> bool:
    """Ask; where there is no terminal, or a program reads the answer, nobody agrees."""
    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(
        f"Bring {people} back who left downstream, as the directory has them?", err=True
    )


async def _compare(
    databases: Databases, settings: Settings, *, fix: bool, identities: Sequence[str]
) -> Outcome:
    at = now()
    moment = Moment(at, at - int(await _seconds_on_the_way(settings) * 1_000_000))
    states = StoredSyncStates(databases.downstream)
    reconciliation = Reconciliation(databases.directory, states, moment)
    comparison = await reconciliation.compare(PlannedAssertions(databases.downstream))
    outcome = Outcome(comparison, _named(comparison.leavers, identities))
    if fix:
        outcome.marked = await repair(databases.directory, comparison.findings, now())
    return outcome


def _named(leavers: Sequence[Finding], identities: Sequence[str]) -> Sequence[Finding]:
    """Return those of the leavers that are named; where nobody is, all of them."""
    if strangers := set(identities) - {it.identity for it in leavers}:
        raise InvalidInput(
            f"{', '.join(sorted(strangers))}: nobody who left downstream unknown to the directory"
        )
    return [it for it in leavers if not identities or it.identity in identities]


async def _bring_back(
    databases: Databases, _settings: Settings, *, leavers: Sequence[Finding]
) -> int:
    return await bring_back(databases.directory, leavers, now())


async def _seconds_on_the_way(settings: Settings) -> float:
    """Return how long after its publication an event may still arrive."""
    if not settings.broker_url:
        return 0  # without a broker a mark stays until its event is applied
    async with open_publisher(settings) as publisher:
        state = await publisher.look()
    if state.backlog is not None and state.backlog.is_empty:
        return IN_HAND_SECONDS
    return topology_of(settings).longest_retry_seconds


def _counts(outcome: Outcome) -> dict[str, int]:
    counts = {verdict.value: outcome.comparison.counts[verdict] for verdict in Verdict}
    return counts if outcome.marked is None else counts | {"marked": outcome.marked}


def _print(outcome: Outcome) -> None:
    """Print everything as one JSON object."""
    back = {} if outcome.brought_back is None else {"brought_back": outcome.brought_back}
    print_json(
        _counts(outcome)
        | back
        | {
            "findings": [asdict(finding) for finding in outcome.comparison.findings],
            "leavers": rows_of(outcome.comparison.leavers),
        }
    )


def _show(outcome: Outcome) -> None:
    """Show it to people: counts, what disagrees, and apart from that, who has left."""
    findings = [asdict(finding) for finding in outcome.comparison.findings]
    show_row(_counts(outcome), as_json=False)
    if findings:
        columns = ("connection", "identity", "verdict", "differs")
        show_rows(findings[:SHOWN], columns, as_json=False)
    if len(findings) > SHOWN:
        typer.echo(f"… and {len(findings) - SHOWN} more: --json shows all.")
    if outcome.comparison.leavers:
        show_leavers(outcome.comparison.leavers, "Left downstream")
