"""How does a command wait for what it has marked? It looks again and again, at growing intervals.

A look reads what has not arrived yet. The next one follows after a rest of several times the
duration of the look, so that a wait is no burden to the databases. Changes that a connection holds
back are told, and not waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import Annotated, Any

import typer

from api.admin.administration import Administration
from api.reconciliation.arrivals import Awaited, Fate
from api.reconciliation.verdicts import Finding
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.output import show_row
from deploy.commands.progress import progress_bar
from deploy.commands.session import on_administration
from deploy.commands.unknown_leavers import show_published
from deploy.commands.visible_text import say

LONGEST_WAIT = 600.0
"""Seconds of a wait whose longest duration is not given."""

TIMED_OUT, HELD_BACK = 3, 4
"""The exit statuses of a wait that the time-out has ended, and of one that would have no end."""

SHORTEST_REST, LONGEST_REST, RESTS = 0.1, 3.0, 4
"""The seconds between two looks, and how many times the duration of a look they are."""

WaitOption = Annotated[
    bool, typer.Option("--wait", help="Wait until they are applied, refused or failed.")
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=0,
        metavar="SECONDS",
        help=f"With --wait: the longest wait, {LONGEST_WAIT:.0f} if it is not given.",
    ),
]


def check_wait(*, wait: bool, timeout: float | None) -> None:
    """Check the options of a wait.

    :raises InvalidInput: when there is a time-out for no wait.
    """
    if timeout is not None and not wait:
        raise InvalidInput("--timeout goes with --wait")


def wait_for(
    expected: Callable[[Administration], Awaitable[Awaited]],
    timeout: float | None,
    *,
    as_json: bool,
) -> Awaited:
    """Wait until identities have arrived or are held, or the time is over; return how they stand.

    A bar shows the progress at a terminal.

    :param expected: gives the identities that are awaited.
    :param timeout: the longest wait in seconds; None: the usual one.
    """

    async def work(it: Administration) -> Awaited:
        end = monotonic() + (LONGEST_WAIT if timeout is None else timeout)
        awaited = await expected(it)
        with progress_bar(as_json=as_json) as show:
            while True:
                began = monotonic()
                await awaited.look(it.directory, it.downstream.states)
                waiting, total = awaited.fates[Fate.WAITING], awaited.fates.total()
                show("applied", total - waiting, total)
                now = monotonic()
                if not waiting or now >= end:
                    return awaited
                rest = min(max((now - began) * RESTS, SHORTEST_REST), LONGEST_REST)
                await asyncio.sleep(min(rest, end - now))

    return on_administration(work)


def show_and_wait(
    row: dict[str, Any],
    left_alone: Sequence[Finding],
    expected: Callable[[Administration], Awaitable[Awaited]],
    *,
    wait: bool,
    timeout: float | None,
    as_json: bool,
) -> None:
    """Show what a command has published again, and wait for it if that is wanted.

    :param left_alone: the leavers that were not published.
    :param expected: gives the identities that are awaited.
    :raises typer.Exit: as ``show_published`` and ``conclude`` do.
    """
    if not (wait and as_json):
        show_published(row, left_alone, as_json=as_json)
    if not wait:
        return
    awaited = wait_for(expected, timeout, as_json=as_json)
    if as_json:
        show_published(row | {"waited": row_of(awaited)}, left_alone, as_json=True)
    conclude(awaited, as_json=as_json)


def row_of(awaited: Awaited) -> dict[str, Any]:
    """Return how awaited identities stand, by the names of their fates."""
    return {fate.value: awaited.fates[fate] for fate in Fate}


def conclude(awaited: Awaited, *, as_json: bool) -> None:
    """Tell how a wait has ended; JSON was printed before, with the rest of the answer.

    :raises typer.Exit: with status 3 when the time is over, with 4 when identities are held, with 1
        when an event was given up.
    """
    if not as_json:
        show_row(row_of(awaited), as_json=False)
    fates = awaited.fates
    if fates[Fate.WAITING]:
        _say(f"the time is over: {fates[Fate.WAITING]} are still on their way")
        raise typer.Exit(TIMED_OUT)
    if fates[Fate.HELD] or fates[Fate.BRAKED]:
        for connection, standing in sorted(awaited.holders.items()):
            is_off = standing.switched_off_at is not None
            first = f"muster connections on {connection}, then " if is_off else ""
            named = f"{standing.state} and off" if is_off else standing.state
            _say(f"{connection} is {named}: {first}muster connections resume {connection}")
        for connection in sorted(awaited.braked):
            _say(f"the brake of {connection} holds deactivations: muster held list {connection}")
        raise typer.Exit(HELD_BACK)
    if fates[Fate.FAILED]:
        raise typer.Exit(1)


def _say(text: str) -> None:
    say(f"muster: {text}", to_stderr=True)
