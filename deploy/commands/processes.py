"""``muster run``, ``api``, ``relay``, ``worker``, ``migrate``: the processes."""

import asyncio
import socket
from typing import Annotated

import typer

from deploy.broker.rabbitmq_connection import BrokerUnusable
from deploy.broker.rabbitmq_topology import TopologyNotApplied, apply_topology
from deploy.broker.transports import topology_of
from deploy.commands.invalid_input import InvalidInput
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, migrate
from deploy.databases.open_databases import open_databases, open_directory, open_downstream
from deploy.demo.workspace import introduce
from deploy.http.server import bind_api, bind_inspection, url_of
from deploy.logs import set_up_logs
from deploy.processes.event_loop import run_process
from deploy.processes.operator_endpoints import inspected
from deploy.processes.separate_processes import run_api, run_relay, run_worker
from deploy.processes.signals import until_signalled
from deploy.processes.single_process import run_everything
from deploy.settings import Settings, read_settings


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, api, relay, worker):
        app.command()(command)
    app.command("migrate")(migrate_)


def run(
    demo: Annotated[
        bool, typer.Option("--demo", help="On empty databases, make a demo workspace.")
    ] = False,
) -> None:
    """Run api, relay and worker in one process."""
    settings = read_settings()
    set_up_logs(settings)

    async def process(listener: socket.socket, operators: socket.socket) -> None:
        async with open_databases(settings) as databases:
            with until_signalled() as stop:
                await migrate(databases)
                await _apply_topology(settings)
                await introduce(databases, settings, make_demo=demo)
                _say_where(settings, operators)
                async with inspected(operators, stop) as inspection:
                    await run_everything(settings, databases, inspection, listener, stop)

    with bind_api(settings) as listener, bind_inspection(settings) as operators:
        run_process(process(listener, operators))


def api() -> None:
    """Run the api with a relay inside, beside other processes."""
    settings = _settings_of_a_part()

    async def process(listener: socket.socket, operators: socket.socket) -> None:
        async with open_directory(settings) as directory:
            with until_signalled() as stop:
                await DIRECTORY.ensure_current(directory.reading, directory.writing)
                _say_where(settings, operators)
                async with inspected(operators, stop) as inspection:
                    await run_api(settings, directory, inspection, listener, stop)

    with bind_api(settings) as listener, bind_inspection(settings) as operators:
        run_process(process(listener, operators))


def relay() -> None:
    """Run a relay alone, beside other processes."""
    settings = _settings_of_a_part()

    async def process(operators: socket.socket) -> None:
        async with open_directory(settings) as directory:
            with until_signalled() as stop:
                await DIRECTORY.ensure_current(directory.reading, directory.writing)
                _say_metrics(operators)
                async with inspected(operators, stop) as inspection:
                    await run_relay(settings, directory, inspection, stop)

    with bind_inspection(settings) as operators:
        run_process(process(operators))


def worker() -> None:
    """Run a worker, beside other processes."""
    settings = _settings_of_a_part()

    async def process(operators: socket.socket) -> None:
        async with open_downstream(settings) as downstream:
            with until_signalled() as stop:
                await DOWNSTREAM.ensure_current(downstream.reading, downstream.writing)
                _say_metrics(operators)
                async with inspected(operators, stop) as inspection:
                    await run_worker(settings, downstream, inspection, stop)

    with bind_inspection(settings) as operators:
        run_process(process(operators))


def migrate_() -> None:
    """Bring both databases to the schema of this version."""

    async def work() -> None:
        async with open_databases(read_settings()) as databases:
            await migrate(databases)

    asyncio.run(work())


def _say_where(settings: Settings, operators: socket.socket) -> None:
    _say_metrics(operators)
    typer.echo(f"Serving on {settings.base}; Ctrl-C stops.")


def _say_metrics(operators: socket.socket) -> None:
    typer.echo(f"Metrics and health on {url_of(operators)}/metrics, /livez and /readyz.")


async def _apply_topology(settings: Settings) -> None:
    """Declare what the broker needs. Without it the ingress takes writes, which then wait."""
    if not settings.broker_url:
        return
    try:
        await apply_topology(settings.broker_url, topology_of(settings))
    except (BrokerUnusable, TopologyNotApplied) as error:
        typer.echo(f"muster: {error}; changes wait until muster topology apply", err=True)


def _settings_of_a_part() -> Settings:
    """Read the settings of one process among several: they meet in a broker and on PostgreSQL."""
    settings = read_settings()
    if not settings.broker_url:
        raise InvalidInput("the parts meet at a broker: set MUSTER_BROKER_URL, or use muster run")
    if settings.uses_sqlite:
        raise InvalidInput(
            "several processes need PostgreSQL: set MUSTER_DIRECTORY_DATABASE_URL"
            " and MUSTER_DOWNSTREAM_DATABASE_URL"
        )
    set_up_logs(settings)
    return settings
