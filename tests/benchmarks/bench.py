"""How fast is Muster, how near to what the machine can do? ``make bench``; ``--check`` for aims.

Servers of its own in containers, as in compose.yaml: commits are synced, publications confirmed,
queues are quorum queues. Every process of Muster logs as it does by default, as JSON, to nowhere.
The load generator is on the same machine.
"""

import asyncio
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import typer

from api.directory.dialects import DirectoryDatabase
from contracts.rules import (
    CreateCollaborator,
    DashboardRules,
    RemoveCollaborator,
    Role,
    RoleLine,
)
from contracts.topology import MOST_MESSAGES
from deploy.databases.engines import open_engines
from deploy.logs import log_to_stderr
from tests.benchmarks.backlog_figures import measure_backlogs
from tests.benchmarks.durability import durability
from tests.benchmarks.floors import bare_apis
from tests.benchmarks.ingress_figures import (
    MEMBERS,
    Asked,
    group_name,
    groups_of,
    measure_members,
    measure_pages,
    measure_rates,
)
from tests.benchmarks.leaver_figures import measure_leavers
from tests.benchmarks.people import crowd, nobody
from tests.benchmarks.processors import Processors
from tests.benchmarks.report import Report
from tests.benchmarks.setting import API_PROCESSES, Setting
from tests.benchmarks.sight import sight
from tests.benchmarks.size_figures import measure_sizes
from tests.benchmarks.steady_figures import measure_steady_load
from tests.drivers.api_process import api_processes
from tests.drivers.installation import Installation, installation
from tests.servers.services import ServiceSettings

SMALL, MEDIUM, LARGE, JOINERS = 1_000, 10_000, 100_000, 50_000

RULES = DashboardRules(
    on_create=CreateCollaborator(role=Role.VIEWER),
    on_deactivate=RemoveCollaborator(),
    role_map=(RoleLine(name=group_name(MEMBERS[-1]), role=Role.EDITOR),),
)


async def bench(installed: Installation, report: Report) -> None:
    """Measure everything."""
    await installed.command("migrate")
    await installed.command("topology", "apply")
    urls = [installed.database_url(side) for side in ("directory", "downstream")]
    directory = DirectoryDatabase(*open_engines(urls[0]))
    servers = {"database": installed.postgres, "broker": installed.broker}
    async with sight(*urls) as looking:
        setting = Setting(installed, directory, looking, Processors(servers), report)
        async with (
            api_processes(urls[0], API_PROCESSES, installed.log) as ports,
            bare_apis(urls[0], API_PROCESSES) as bare_ports,
        ):
            people = {
                size: await crowd(directory, ports, f"bench {size}", RULES, size)
                for size in (SMALL, MEDIUM, LARGE, JOINERS)
            }
            asked = {size: Asked(it, ports) for size, it in people.items()}
            floor = Asked(nobody(), bare_ports)
            mapped_group = await measure_ingress(setting, asked, floor)
        sizes = {f"{size:,}": people[size] for size in (SMALL, LARGE)}
        await measure_backlogs(setting, people[JOINERS], *sizes.values())
        await measure_steady_load(setting, sizes)
        await measure_leavers(setting, people[JOINERS], people[LARGE], mapped_group)
        await measure_sizes(setting, people[LARGE])
    await directory.reading.dispose()
    await directory.writing.dispose()


async def measure_ingress(setting: Setting, asked: dict[int, Asked], floor: Asked) -> str:
    """Measure the api alone; return the id of the group that is mapped to a role."""
    report = setting.report
    by_size = {f"{size:,}": asked[size] for size in (SMALL, LARGE)}
    columns = ("floor", *by_size, "of the floor", "aim")
    table = report.table("api alone, /s · p50 ms · p99 ms", *columns)
    await measure_rates(report, table, {"floor": floor} | by_size)
    table = report.table("time", "ms", "processor ms")
    deep = {f"{size:,}": asked[size] for size in (MEDIUM, LARGE)}
    await measure_pages(report, table, deep, setting.processors)
    groups = await groups_of(setting.directory, asked[LARGE])
    await measure_members(report, table, asked[LARGE], groups)
    return groups[MEMBERS[-1]]


def main() -> None:
    """Run the benchmark; with ``--check``, fail where an aim is missed."""
    log_to_stderr()  # what libraries say of a broker that is still starting is nobody's concern
    report = Report()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Path(os.devnull).open("wb") as log,
            installation(ServiceSettings(), Path(folder)) as servers,
        ):
            # Publishing and applying are measured apart: all of a backlog lies on the broker.
            unbounded = {"MUSTER_MOST_WAITING": str(MOST_MESSAGES)}
            installed = replace(servers, log=log, more_settings=unbounded)
            said = asyncio.run(durability(installed.database_url("directory")))
            typer.echo(f"PostgreSQL: {said}.")
            asyncio.run(bench(installed, report))
    finally:  # what was measured before it came to an end
        for table in report.tables:
            typer.echo(f"\n{table}")
        for missed in report.missed:
            typer.echo(f"missed: {missed}")
    if report.missed and "--check" in sys.argv[1:]:
        sys.exit(1)


if __name__ == "__main__":
    main()
