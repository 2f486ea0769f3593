"""How much else goes on beside a fault? As much as is tried in a row of faults, or in a soak."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Strain:
    """How long the noise rests after each answer, and a hand of the load after each write.

    Both are in seconds.
    """

    noise: float
    hand: float


IN_A_SOAK = Strain(noise=0.05, hand=0.1)
"""The noise always leaves a fleet something to do, though a process that is killed refuses as fast
as anybody asks, and faults meet a load and no overload."""

IN_A_ROW = Strain(noise=6.0, hand=0.25)
"""The noise takes a quarter of a processor, and both leave a fleet most of its time."""
