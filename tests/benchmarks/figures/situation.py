"""How is Muster used? Everything is running: several processes, or a single one."""

from dataclasses import dataclass

from tests.benchmarks.extent import Extent
from tests.benchmarks.figures.delivery import Running
from tests.benchmarks.floors.processes import Floor
from tests.benchmarks.load.asked import Asked
from tests.benchmarks.report import Report


@dataclass(frozen=True, slots=True)
class Situation:
    """Muster at work for two directories, and its floor."""

    where: str
    running: Running
    """With the directory where people are looked up, made and deactivated."""
    paged: Asked
    """The directory with deep pages and with groups."""
    floor: Floor
    report: Report
    extent: Extent
