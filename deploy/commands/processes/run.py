"""What does ``muster run`` do? It runs everything in one process."""

from functools import partial
from typing import Annotated

import structlog
import typer

from deploy.broker.rabbitmq_connection import BrokerUnusable
from deploy.broker.rabbitmq_topology import TopologyNotApplied, apply_topology
from deploy.broker.transports import topology_of
from deploy.commands.processes.addresses import say_where
from deploy.commands.visible_text import say
from deploy.databases.migrations import migrate
from deploy.databases.open_databases import Databases, open_databases
from deploy.demo.workspace import introduce
from deploy.http.server import bind_admin, bind_api, bind_operators, url_of
from deploy.logs import set_up_logs
from deploy.processes.event_loop import run_process
from deploy.processes.life import Life, Part
from deploy.processes.lifetime import run_until_signalled
from deploy.processes.single_process import run_everything
from deploy.settings import Settings, read_settings
from deploy.tracing.process_tracing import process_tracing

LOG = structlog.get_logger(__name__)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    demo: Annotated[
        bool, typer.Option("--demo", help="On empty databases, make a demo workspace.")
    ] = False,
) -> None:
    """Run api, relay, worker, admin API and console in one process.

    Example: muster run --demo
    """
    settings = read_settings()
    set_up_logs(settings)
    with (
        bind_api(settings) as listener,
        bind_admin(settings) as administrators,
        bind_operators(settings) as operators,
        process_tracing(settings, "run") as tracing,
    ):

        async def prepare(databases: Databases) -> None:
            await migrate(databases)
            await _apply_topology(settings)
            await introduce(databases, settings, url_of(administrators), make_demo=demo)
            say_where(settings, operators, api=True, administrators=administrators)

        part = partial(
            run_everything, settings, listener, administrators=administrators, tracing=tracing
        )
        life, opening = Life(Part.RUN, settings), open_databases(settings)
        run_process(run_until_signalled(life, operators, opening, prepare, part))


async def _apply_topology(settings: Settings) -> None:
    """Declare the topology, if there is a broker. After a failure, writes are taken and wait."""
    if not settings.broker_url:
        return
    try:
        await apply_topology(settings.access_by("broker_url"), topology_of(settings))
    except (BrokerUnusable, TopologyNotApplied) as error:
        if settings.log_format == "json":
            LOG.warning("topology_not_applied", problem=str(error))
        else:
            say(f"muster: {error}; changes wait until muster topology apply", to_stderr=True)
