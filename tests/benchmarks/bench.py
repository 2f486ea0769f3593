"""How fast is Muster, how near to what the machine can do? ``make bench``; ``--check`` for aims.

Servers of its own in containers, as in compose.yaml: commits are synced, publications confirmed,
queues are quorum queues. Every process of Muster logs as it does by default, as JSON, to nowhere.
The load generator is on the same machine.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from contracts.topology import MOST_MESSAGES
from deploy.logs import log_to_stderr
from tests.benchmarks.aim import Part
from tests.benchmarks.extent import FULL, QUICK, Extent
from tests.benchmarks.figures.commands import measure_commands
from tests.benchmarks.figures.ingress import measure_ingress
from tests.benchmarks.figures.leavers import measure_leavers
from tests.benchmarks.figures.pages import measure_pages
from tests.benchmarks.figures.peers import measure_peers
from tests.benchmarks.figures.relay import measure_relay
from tests.benchmarks.figures.single_process import measure_single_process
from tests.benchmarks.figures.steady import measure_steady_load
from tests.benchmarks.figures.worker import measure_worker
from tests.benchmarks.report import Report
from tests.benchmarks.setting import Setting
from tests.benchmarks.watching.durability import durability
from tests.benchmarks.watching.processors import Processors
from tests.benchmarks.watching.sight import sight
from tests.drivers.in_process import opened_directory
from tests.drivers.installation import Installation, installation
from tests.servers.services import ServiceSettings

ON_SERVERS: Mapping[Part, Callable[[Setting], Awaitable[None]]] = {
    Part.PEERS: measure_peers,
    Part.INGRESS: measure_ingress,
    Part.PAGES: measure_pages,
    Part.RELAY: measure_relay,
    Part.WORKER: measure_worker,
    Part.STEADY: measure_steady_load,
    Part.LEAVERS: measure_leavers,
}
VAST = 1_000_000

MORE_SETTINGS = {
    "MUSTER_MOST_WAITING": str(MOST_MESSAGES),  # all of a backlog lies on the broker
    "MUSTER_SWEEP_SECONDS": "0",  # copies of people are downstream only once they are published
}


app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    check: Annotated[bool, typer.Option(help="End with status 1 where an aim is missed.")] = False,
    only: Annotated[list[Part] | None, typer.Option(help="Measure this part; repeatable.")] = None,
    quick: Annotated[
        bool, typer.Option(help="Try everything out; figures mean nothing, and no aim is held.")
    ] = False,
    million: Annotated[bool, typer.Option(help="Pages among a million users, too.")] = False,
) -> None:
    """Measure Muster beside bare loops that do the same work, and print tables."""
    log_to_stderr()  # what libraries say of a broker that is still starting is nobody's concern
    report, parts = Report(), only or list(Part)
    extent = QUICK if quick else FULL
    extent = replace(extent, vast=VAST) if million else extent
    if quick:
        report.note("Only tried out: these figures mean nothing, and are held against no aim.")
    try:
        with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("wb") as log:
            _measure(report, parts, extent, Path(folder), log)
    finally:  # what was measured before it came to an end
        for text in (*report.notes, *(f"\n{table}" for table in report.tables)):
            typer.echo(text)
    missed = [] if quick else report.missed(parts)
    for line in missed:
        typer.echo(f"missed: {line}")
    raise typer.Exit(1 if missed and check else 0)


def _measure(
    report: Report, parts: Sequence[Part], extent: Extent, folder: Path, log: BinaryIO
) -> None:
    if Part.COMMANDS in parts:
        (folder / "commands").mkdir()
        measure_commands(report, folder / "commands", extent)
    if Part.SQLITE in parts:
        (folder / "single").mkdir()
        asyncio.run(measure_single_process(report, folder / "single", log, extent))
    if any(part in parts for part in ON_SERVERS):
        with installation(ServiceSettings(), folder) as servers:
            installed = replace(servers, log=log, more_settings=MORE_SETTINGS)
            asyncio.run(_measure_on_servers(report, parts, extent, installed))


async def _measure_on_servers(
    report: Report, parts: Sequence[Part], extent: Extent, installed: Installation
) -> None:
    await installed.command("migrate")
    await installed.command("topology", "apply")
    urls = [installed.database_url(side) for side in ("directory", "downstream")]
    report.note(f"PostgreSQL: {await durability(urls[0])}")
    servers = {"database": installed.postgres, "broker": installed.broker}
    async with AsyncExitStack() as opened:
        directory = await opened.enter_async_context(opened_directory(urls[0]))
        looking = await opened.enter_async_context(sight(*urls))
        setting = Setting(extent, installed, directory, looking, Processors(servers), report)
        for part, measure in ON_SERVERS.items():
            if part in parts:
                await measure(setting)


if __name__ == "__main__":
    app()
