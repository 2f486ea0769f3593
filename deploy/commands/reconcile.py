"""What does ``muster reconcile`` do? It compares directory and downstream, and repairs."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.reconciliation import outcome as use_case
from api.reconciliation.arrivals import Awaited, awaited_among
from api.reconciliation.on_the_way import moment_of_comparison
from api.reconciliation.outcome import Outcome, bring_candidates_back
from api.reconciliation.reconcile import Reconciliation
from api.reconciliation.verdicts import Moment, Verdict
from contracts.clock import now
from deploy.administration import administration_of
from deploy.broker.transports import open_publisher, topology_of
from deploy.commands.output import print_json, show_row, show_rows
from deploy.commands.progress import Show, progress_bar
from deploy.commands.session import JsonOption, on_databases
from deploy.commands.unattended import told_in_the_log
from deploy.commands.unknown_leavers import rows_of, show_leavers
from deploy.commands.visible_text import say
from deploy.commands.waiting import (
    TimeoutOption,
    WaitOption,
    check_wait,
    conclude,
    row_of,
    wait_for,
)
from deploy.databases.open_databases import Databases
from deploy.processes.life import Part
from deploy.settings import Settings, read_settings
from worker.drift import PlannedAssertions
from worker.sync.states import StoredSyncStates

MOST_FINDINGS_SHOWN = 50
"""The number of findings in the table. --json prints all of them."""

Identities = Annotated[
    list[str] | None,
    typer.Option(
        "--identity",
        metavar="ID",
        help="With --fix: of those who left, bring back only this SCIM user. Repeatable.",
    ),
]


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
    wait: WaitOption = False,
    timeout: TimeoutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare every identity with its state downstream; exit status 1 where they disagree.

    missing, stale: published, and never arrived.

    ahead: downstream knows a newer version, so the directory was restored.

    failed: given up after every retry.

    tampered: the account was changed, or taken away, by another hand than Muster's.

    orphaned: an account is held for an identity that the directory does not know.

    left: people have left downstream, and the directory, which was restored, shows them active.
    They are shown apart. --fix asks at a terminal whether to bring them back, and elsewhere leaves
    them alone; the exit status is 1 as long as any are left.

    Example: muster reconcile --fix --no-bring-back --wait
    """
    if not fix and (bring is not None or identities or wait):
        raise typer.BadParameter(
            "--bring-back, --no-bring-back, --identity and --wait go with --fix"
        )
    check_wait(wait=wait, timeout=timeout)
    with told_in_the_log(Part.RECONCILE, read_settings()):
        with progress_bar(as_json=as_json) as show:
            compare = partial(_compare, fix=fix, identities=identities or (), show=show)
            outcome = on_databases(compare)
        if not as_json:
            _show(outcome)
        people = len(outcome.candidates)
        if fix and people and (_agrees(people, as_json=as_json) if bring is None else bring):
            outcome = on_databases(partial(_bring_back, outcome=outcome))
            if not as_json:
                show_row({"brought_back": outcome.brought_back}, as_json=False)
        awaited = wait_for(partial(_marked, outcome), timeout, as_json=as_json) if wait else None
        if as_json:
            _print(outcome, {} if awaited is None else {"waited": row_of(awaited)})
        if awaited is not None:
            conclude(awaited, as_json=as_json)
        if not outcome.is_well:
            raise typer.Exit(1)


def _agrees(people: int, *, as_json: bool) -> bool:
    """Ask the operator at the terminal. Without a terminal, or with --json, the answer is no."""
    if as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(
        f"Bring {people} back who left downstream, as the directory has them?", err=True
    )


async def _marked(outcome: Outcome, it: Administration) -> Awaited:
    """Give the identities that were published again."""
    back = outcome.candidates if outcome.brought_back is not None else ()
    named: dict[str, set[str]] = defaultdict(set)
    for finding in (*outcome.comparison.findings, *back):
        named[finding.connection].add(finding.identity)
    return await awaited_among(it.directory, named)


async def _compare(
    databases: Databases, settings: Settings, *, fix: bool, identities: Sequence[str], show: Show
) -> Outcome:
    states = StoredSyncStates(databases.downstream)
    reconciliation = Reconciliation(databases.directory, states, await _moment(settings))
    assertions = PlannedAssertions(databases.downstream)
    async with AsyncExitStack() as audited:
        if fix:
            it, change = administration_of(databases, settings), Change("identities.reconcile")
            await audited.enter_async_context(begun(it, COMMAND, change))
        number = await reconciliation.number()
        return await use_case.reconcile(
            reconciliation,
            assertions,
            fix=fix,
            identities=identities,
            told=lambda compared: show("compared", compared, number),
        )


async def _moment(settings: Settings) -> Moment:
    at, longest = now(), topology_of(settings).longest_retry_seconds
    if not settings.broker_url:
        return await moment_of_comparison(at, None, longest)
    async with open_publisher(settings) as publisher:
        return await moment_of_comparison(at, publisher, longest)


async def _bring_back(databases: Databases, settings: Settings, *, outcome: Outcome) -> Outcome:
    people = {"identities": len(outcome.candidates)}
    change = Change("identities.bring-back", after=people)
    async with begun(administration_of(databases, settings), COMMAND, change):
        return await bring_candidates_back(databases.directory, outcome)


def _counts(outcome: Outcome) -> dict[str, int]:
    counts = {verdict.value: outcome.comparison.counts[verdict] for verdict in Verdict}
    return counts if outcome.marked is None else counts | {"marked": outcome.marked}


def _print(outcome: Outcome, waited: dict[str, Any]) -> None:
    """Print counts, findings and leavers as one JSON object, and the outcome of a wait."""
    back = {} if outcome.brought_back is None else {"brought_back": outcome.brought_back}
    print_json(
        _counts(outcome)
        | back
        | waited
        | {
            "findings": [asdict(finding) for finding in outcome.comparison.findings],
            "leavers": rows_of(outcome.comparison.leavers),
        }
    )


def _show(outcome: Outcome) -> None:
    """Print counts and findings as tables, and a table of its own for leavers."""
    findings = [asdict(finding) for finding in outcome.comparison.findings]
    show_row(_counts(outcome), as_json=False)
    if findings:
        columns = ("connection", "identity", "verdict", "differs")
        show_rows(findings[:MOST_FINDINGS_SHOWN], columns, as_json=False)
    if len(findings) > MOST_FINDINGS_SHOWN:
        say(f"… and {len(findings) - MOST_FINDINGS_SHOWN} more: --json shows all.")
    if outcome.comparison.leavers:
        show_leavers(outcome.comparison.leavers, "Left downstream")
