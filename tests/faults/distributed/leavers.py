"""Are leavers gone in time? Within five seconds, after a fault as soon as it has been overcome.

A deactivation counts from its commit, which its acknowledgement follows, to the commit of the
worker that applies it. While something is wrong nothing is promised.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tests.neighbours.judgement import APPLYING
from tests.readings.stored import Key


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which something was wrong, or not overcome yet; in seconds since the epoch."""

    begun: float
    overcome: float


@dataclass(frozen=True, slots=True)
class Noted:
    """A commit that a database has noted: of a deactivation, or of its application or a later one.

    ``version`` is that of the identity, and the time is in seconds since the epoch.
    """

    key: Key
    version: int
    at: float


def late(
    leavings: Sequence[Noted], applications: Sequence[Noted], outages: Sequence[Outage], pace: float
) -> list[str]:
    """Return one line for each leaver who was not gone in time. Pure.

    :param pace: how many times as long as usual everything takes on this machine.
    """
    found = []
    for leaving, seconds in waits(leavings, applications):
        most = due(leaving.at, outages, APPLYING * pace) - leaving.at
        if seconds is None:
            found.append(f"{leaving.key}: has left, and is not gone")
        elif seconds > most:
            found.append(f"{leaving.key}: was gone after {seconds:.1f} s, and had {most:.1f} s")
    return found


def waits(
    leavings: Sequence[Noted], applications: Sequence[Noted]
) -> list[tuple[Noted, float | None]]:
    """Return for each leaver after how many seconds the deactivation, or a later state, applied."""
    times: dict[Key, list[Noted]] = defaultdict(list)
    for application in applications:
        times[application.key].append(application)
    return [
        (
            leaving,
            min(
                (it.at - leaving.at for it in times[leaving.key] if it.version >= leaving.version),
                default=None,
            ),
        )
        for leaving in leavings
    ]


def due(left: float, outages: Sequence[Outage], promise: float) -> float:
    """Return when somebody who left at that time has to be gone.

    :param outages: one that begins when the leaver has to be gone already has no part in it.
    :param promise: seconds that it may take where nothing is wrong.
    """
    until = left + promise
    for outage in sorted(outages, key=lambda it: it.begun):
        if outage.begun <= until and left <= outage.overcome:
            until = max(until, outage.overcome + promise)
    return until
