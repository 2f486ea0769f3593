"""How much is measured? All of it, or just enough to see that the benchmark works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """How many people and groups there are, and for how long each figure is measured."""

    small: int = 1_000
    medium: int = 10_000
    large: int = 100_000
    vast: int = 0
    """A directory for pages alone, which takes minutes to fill; 0 leaves it out."""
    joiners: int = 50_000
    looked_up: int = 5_000
    paged: int = 10_000
    """Directories beside peers."""
    groups: tuple[int, ...] = (100, 1_000, 10_000, 100_000)
    groups_of_peers: tuple[int, ...] = (100, 1_000, 10_000)
    seconds: float = 2.0
    rounds: int = 3
    """How long a rate is measured, and how often: each is the median of its rounds."""
    changes: int = 21
    pages: int = 60
    jumps: int = 7
    """Pages one after the other, and pages that are far from each other."""
    commands: int = 5
    leavers: int = 20
    steady_seconds: float = 20.0
    search_seconds: float = 6.0
    first_rate: int = 100
    """The search for the highest steady rate begins here."""
    floor_seconds: float = 3.0


FULL = Extent()
QUICK = Extent(
    small=200,
    medium=500,
    large=1_000,
    joiners=1_000,
    looked_up=200,
    paged=500,
    groups=(10, 100, 1_000),
    groups_of_peers=(10, 100),
    seconds=0.3,
    rounds=1,
    changes=3,
    pages=3,
    jumps=2,
    commands=1,
    steady_seconds=2.0,
    search_seconds=1.0,
    first_rate=200,
    floor_seconds=0.3,
)
"""Figures of this extent mean nothing."""
