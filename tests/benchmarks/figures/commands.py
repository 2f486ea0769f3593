"""How much of the processors does a command take? Most of it is what it loads before it begins."""

import statistics
import sys
from pathlib import Path

from tests.benchmarks.extent import Extent
from tests.benchmarks.report import AIM, Report
from tests.benchmarks.watching.command_processor import processor_seconds
from tests.drivers.muster_process import MUSTER, MusterProcess
from tests.servers.ports import free_port

SECONDS = "processor s"


def measure_commands(report: Report, folder: Path, extent: Extent) -> None:
    """Measure commands on empty databases, beside an interpreter that does nothing."""
    environment = MusterProcess(folder, free_port()).environment
    processor_seconds((*MUSTER, "migrate"), environment)
    table = report.table("a command", SECONDS, AIM)
    for what, command in {
        "python -c pass, the floor": (sys.executable, "-c", "pass"),
        "muster --version": (*MUSTER, "--version"),
        "muster status": (*MUSTER, "status"),
    }.items():
        runs = [processor_seconds(command, environment) for _ in range(extent.commands)]
        seconds = statistics.median(runs)
        aim = report.hold(f"processor of {what}", seconds)
        table.add(what, {SECONDS: f"{seconds:.2f}"} | aim)
