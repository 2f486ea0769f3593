"""What is an aim? A figure that a piece of work should reach, in a unit."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Part(StrEnum):
    """A part of the benchmark, in the order of a whole run."""

    COMMANDS = "commands"
    SQLITE = "sqlite"
    PEERS = "peers"
    INGRESS = "ingress"
    PAGES = "pages"
    RELAY = "relay"
    WORKER = "worker"
    STEADY = "steady"
    LEAVERS = "leavers"


class Unit(StrEnum):
    """The unit of an aim. Only shares are to be reached from below."""

    SHARE = "of the floor"
    MILLISECONDS = "ms"
    SECONDS = "s"
    TIMES = "times as much"
    ROUND_TRIPS = "round trips"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a piece of work should reach."""

    part: Part
    work: str
    value: float
    unit: Unit

    def is_reached_by(self, measured: float) -> bool:
        """Return whether a figure is as good as the aim."""
        return measured >= self.value if self.unit is Unit.SHARE else measured <= self.value

    def shown(self, measured: float) -> str:
        """Return a figure in the unit of the aim."""
        match self.unit:
            case Unit.SHARE:
                return f"{measured:.0%}"
            case Unit.MILLISECONDS:
                return f"{measured:.1f} ms"
            case Unit.SECONDS:
                return f"{measured:.2f} s"
            case Unit.TIMES:
                return f"{measured:.1f} times"
            case Unit.ROUND_TRIPS:
                return f"{measured:.1f}"
            case _:
                assert_never(self.unit)
