"""How are leavers shown that a command leaves alone? They get a table of their own, with advice."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console

from api.reconciliation.verdicts import Finding
from contracts.clock import instant_of
from deploy.commands.output import print_rows, show_row
from deploy.commands.visible_text import say

MOST_LEAVERS_SHOWN = 50
"""The number of leavers in the table. --json prints all of them."""

EXPLANATION = (
    "Downstream they have left, or an event of theirs failed that may have said so. The directory"
    " has lost that, and takes them for active. Ask the provider about each: it says again who has"
    " left, and `muster reconcile --fix` brings back whoever has not."
)


def show_published(row: dict[str, Any], leavers: Sequence[Finding], *, as_json: bool) -> None:
    """Show the result of a command that publishes again, and the leavers that it left alone.

    The directory takes these leavers for active, while downstream has signs that they have left.

    :raises typer.Exit: with status 1, when there are leavers and no identity was marked.
    """
    show_row(row | {"leavers": rows_of(leavers)} if as_json and leavers else row, as_json=as_json)
    if leavers and not as_json:
        show_leavers(leavers, "Left alone", to_stderr=True)
    if leavers and row.get("marked") == 0:
        raise typer.Exit(1)


def rows_of(leavers: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return leavers as the JSON output shows them."""
    return [asdict(leaver) for leaver in leavers]


def show_leavers(leavers: Sequence[Finding], title: str, *, to_stderr: bool = False) -> None:
    """Print leavers in a table of their own, with an explanation and the remedy."""
    say(f"{title}: {len(leavers)}. {EXPLANATION}", to_stderr=to_stderr)
    rows = [_row(leaver) for leaver in leavers[:MOST_LEAVERS_SHOWN]]
    print_rows(Console(stderr=to_stderr), rows, ("connection", "identity", "left_at", "lost"))
    if len(leavers) > MOST_LEAVERS_SHOWN:
        say(
            f"… and {len(leavers) - MOST_LEAVERS_SHOWN} more: --json shows all.",
            to_stderr=to_stderr,
        )


def _row(leaver: Finding) -> dict[str, Any]:
    at = leaver.deactivated_at if "deactivation" in leaver.differs else None
    return {
        "connection": leaver.connection,
        "identity": leaver.identity,
        "left_at": at and instant_of(at).isoformat(timespec="seconds"),
        "lost": leaver.differs,
    }
