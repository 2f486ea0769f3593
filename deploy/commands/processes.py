"""How are processes started? ``muster run``, ``api``, ``relay`` and ``worker`` start them."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Annotated, TypeVar

import typer

from api.directory.dialects import DirectoryDatabase
from deploy.broker.rabbitmq_connection import BrokerUnusable
from deploy.broker.rabbitmq_topology import TopologyNotApplied, apply_topology
from deploy.broker.transports import topology_of
from deploy.commands.invalid_input import InvalidInput
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema, migrate
from deploy.databases.open_databases import (
    Databases,
    open_databases,
    open_directory,
    open_downstream,
)
from deploy.demo.workspace import introduce
from deploy.http.server import bind_api, bind_operators, url_of
from deploy.logs import set_up_logs
from deploy.processes.event_loop import run_process
from deploy.processes.lifetime import ProcessBody, run_until_signalled
from deploy.processes.separate_processes import run_api, run_relay, run_worker
from deploy.processes.single_process import run_everything
from deploy.settings import Settings, read_settings
from worker.dialects import DownstreamDatabase

DatabaseT = TypeVar("DatabaseT", DirectoryDatabase, DownstreamDatabase)


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
    with bind_api(settings) as listener, bind_operators(settings) as operators:

        async def prepare(databases: Databases) -> None:
            await migrate(databases)
            await _apply_topology(settings)
            await introduce(databases, settings, make_demo=demo)
            _say_where(settings, operators)

        part = partial(run_everything, settings, listener)
        run_process(run_until_signalled(operators, open_databases(settings), prepare, part))


def api() -> None:
    """Run the api with a relay inside, beside other processes."""
    settings = _settings_of_a_part()
    with bind_api(settings) as listener:
        part = partial(run_api, settings, listener)
        _run_part(settings, open_directory(settings), DIRECTORY, part, _say_where)


def relay() -> None:
    """Run a relay alone, beside other processes."""
    settings = _settings_of_a_part()
    part = partial(run_relay, settings)
    _run_part(settings, open_directory(settings), DIRECTORY, part, _say_metrics)


def worker() -> None:
    """Run a worker, beside other processes."""
    settings = _settings_of_a_part()
    part = partial(run_worker, settings)
    _run_part(settings, open_downstream(settings), DOWNSTREAM, part, _say_metrics)


def migrate_() -> None:
    """Bring both databases to the schema of this version."""

    async def work() -> None:
        async with open_databases(read_settings()) as databases:
            await migrate(databases)

    asyncio.run(work())


def _run_part(
    settings: Settings,
    opening: AbstractAsyncContextManager[DatabaseT],
    schema: Schema,
    part: ProcessBody[DatabaseT],
    say: Callable[[Settings, socket.socket], None],
) -> None:
    """Run one of several processes, on the database of its side."""
    with bind_operators(settings) as operators:

        async def prepare(database: DatabaseT) -> None:
            await schema.ensure_current(database.reading, database.writing)
            say(settings, operators)

        run_process(run_until_signalled(operators, opening, prepare, part))


def _say_where(settings: Settings, operators: socket.socket) -> None:
    _say_metrics(settings, operators)
    typer.echo(f"Serving on {settings.base}; Ctrl-C stops.")


def _say_metrics(_settings: Settings, operators: socket.socket) -> None:
    typer.echo(f"Metrics and health on {url_of(operators)}/metrics, /livez and /readyz.")


async def _apply_topology(settings: Settings) -> None:
    """Declare the topology, if there is a broker. After a failure, writes are taken and wait."""
    if not settings.broker_url:
        return
    try:
        await apply_topology(settings.broker_url, topology_of(settings))
    except (BrokerUnusable, TopologyNotApplied) as error:
        typer.echo(f"muster: {error}; changes wait until muster topology apply", err=True)


def _settings_of_a_part() -> Settings:
    """Read the settings of one of several processes, which share a broker and PostgreSQL."""
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
