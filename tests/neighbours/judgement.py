"""Is another workspace served in time? Counted against its promises, at this machine's pace.

A machine that serves the same workspace, alone, three times as slowly as an idle one of two cores
has three times as long for everything: the promises are about neighbours, not about machines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

LOOK_UP, LIVENESS, LEAVING, APPLYING = 0.25, 0.1, 1.0, 5.0
"""Seconds for a look-up by userName, for ``/livez``, and for a deactivation: until it is answered,
and until it is applied."""

USUAL = 0.008
"""Seconds that a look-up takes on an idle machine where nobody else asks."""

FEW = 0.01
"""How many look-ups, and looks at ``/livez``, may take longer: the promise is the 99th percentile.
One always may, because systems pause processes."""

MOST_MIB = 450
"""Memory of a process, about which a machine's pace says nothing."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a workspace has seen, each in seconds, and all that was answered wrongly."""

    look_ups: Sequence[float]
    liveness: Sequence[float]
    leavings: Sequence[float]
    applied: Sequence[float]
    wrong: Sequence[str]

    def pace(self) -> float:
        """Return how many times as long as usual things take here, seen from a quiet time."""
        return pace_of(self.look_ups)


def pace_of(look_ups: Sequence[float]) -> float:
    """Return how many times as long as usual things take where look-ups take so many seconds."""
    return max(1.0, median(look_ups) / USUAL)


def complaints(served: Served, pace: float, peak_mib: int) -> list[str]:
    """Return in words what a workspace has to complain of; nothing, if all is as promised."""
    judged = [
        _too_slow("look-ups", served.look_ups, LOOK_UP * pace, FEW),
        _too_slow("looks at /livez", served.liveness, LIVENESS * pace, FEW),
        _too_slow("deactivations answered", served.leavings, LEAVING * pace, 0),
        _too_slow("deactivations applied", served.applied, APPLYING * pace, 0),
        *(f"answered {it}" for it in served.wrong),
        f"{peak_mib} MiB of memory" if peak_mib >= MOST_MIB else "",
    ]
    return [it for it in judged if it]


def _too_slow(what: str, seconds: Sequence[float], most: float, few: float) -> str:
    late = [it for it in seconds if it > most]
    if not seconds:
        return f"no {what} at all"
    if len(late) <= ceil(few * len(seconds)):
        return ""
    return f"{len(late)} of {len(seconds)} {what} took over {most:.2f} s, up to {max(late):.2f} s"
