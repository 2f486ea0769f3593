"""What does ``muster topology`` do? It declares exchanges and queues on the broker."""

import asyncio

import typer

from deploy.broker.rabbitmq_topology import apply_topology
from deploy.broker.transports import topology_of
from deploy.commands.session import settings_with_broker

app = typer.Typer(no_args_is_help=True, help="Exchanges and queues on the broker.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="topology")


@app.callback()
def _topology() -> None:
    """Keep ``apply`` a subcommand while it is the only one."""


@app.command()
def apply() -> None:
    """Declare them. The broker's user needs the right to configure, those of processes do not.

    Example: muster topology apply
    """
    settings = settings_with_broker()
    asyncio.run(apply_topology(settings.access_by("broker_url"), topology_of(settings)))
