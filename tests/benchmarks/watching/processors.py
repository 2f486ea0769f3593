"""How much of the processors does each part take? Seconds, of processes and of containers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from tests.servers.containers import RunningServer

FLOOR = "floor"
OF_PROCESSES = {
    FLOOR: "tests.benchmarks.floors.bare",
    "api": "tests.drivers.api_process",
    "api and relay": "deploy.cli api",
    "worker": "deploy.cli worker",
    "single process": "deploy.cli run",
}
"""What the command lines of our processes hold."""

OF_FLOORS = frozenset({FLOOR, "database"})
"""The parts of a floor."""

NANOSECOND = 1e-9


@dataclass(frozen=True, slots=True)
class Processors:
    """Reads what has been taken, by part."""

    servers: Mapping[str, RunningServer]

    def taken(self) -> dict[str, float]:
        """Return the seconds so far."""
        seconds = dict.fromkeys(OF_PROCESSES, 0.0)
        for process in psutil.Process().children(recursive=True):
            command = " ".join(process.cmdline())
            for part, words in OF_PROCESSES.items():
                if words in command:
                    times = process.cpu_times()
                    seconds[part] += times.user + times.system
        return seconds | {name: _of(server) for name, server in self.servers.items()}

    @contextmanager
    def watched(self) -> Iterator["Taken"]:
        """Give what is taken within the block, once it has ended."""
        taken, before = Taken(), self.taken()
        yield taken
        taken.seconds.update({part: it - before[part] for part, it in self.taken().items()})


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds by part."""

    seconds: dict[str, float] = field(default_factory=dict)

    def of_floor(self, number: float) -> float:
        """Return the milliseconds of a floor for each of so many pieces of work."""
        each = self.milliseconds_for_each(number)
        return sum(ms for part, ms in each.items() if part in OF_FLOORS)

    def of_muster(self, number: float) -> float:
        """Return the milliseconds of all parts of Muster, and of its servers, for each."""
        each = self.milliseconds_for_each(number)
        return sum(ms for part, ms in each.items() if part != FLOOR)

    def milliseconds_for_each(self, number: float) -> dict[str, float]:
        """Return the milliseconds of each part for each of so many pieces of work."""
        return {part: seconds / number * 1_000 for part, seconds in self.seconds.items()}


def _of(server: RunningServer) -> float:
    stats = server.container.get_wrapped_container().stats(stream=False, one_shot=True)
    return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) * NANOSECOND
