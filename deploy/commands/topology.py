"""What does ``muster topology`` do? It declares exchanges and queues, and tells who needs them."""

import asyncio
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from deploy.broker.rabbitmq_topology import apply_topology
from deploy.broker.transports import topology_of
from deploy.broker.users import VIRTUAL_HOST, BrokerUser, broker_users
from deploy.commands.output import show_rows
from deploy.commands.session import JsonOption, settings_with_broker
from deploy.commands.unattended import told_in_the_log
from deploy.commands.visible_text import say
from deploy.processes.life import Part
from deploy.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Exchanges and queues on the broker.")


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="topology")


@app.command()
def apply() -> None:
    """Declare them. The broker's user needs the right to configure, those of processes do not.

    Example: muster topology apply
    """
    settings = settings_with_broker()
    with told_in_the_log(Part.TOPOLOGY, settings):
        asyncio.run(apply_topology(settings.access_by("broker_url"), topology_of(settings)))


@app.command()
def users(
    as_json: JsonOption = False,
    as_commands: Annotated[
        bool,
        typer.Option(
            "--rabbitmqctl", help="Print a script that makes them, and asks for their passwords."
        ),
    ] = False,
) -> None:
    """Show the users that a broker needs, with patterns of what each may configure, write and read.

    Example: muster topology users --rabbitmqctl
    """
    settings = read_settings()
    found = broker_users(topology_of(settings))
    if as_commands and not as_json:
        for line in _commands(found, _virtual_host(settings.broker_url)):
            say(line)
        return
    columns = ("name", "configure", "write", "read")
    show_rows([asdict(user) for user in found], columns, as_json=as_json)


def _commands(users: Sequence[BrokerUser], virtual_host: str) -> Iterator[str]:
    """Yield the lines of a script for a host of the broker."""
    for it in users:
        rights = (it.name, it.configure, it.write, it.read)
        yield shlex.join(("rabbitmqctl", "add_user", it.name))
        yield shlex.join(("rabbitmqctl", "set_permissions", "--vhost", virtual_host, *rights))


def _virtual_host(url: str) -> str:
    return unquote(urlsplit(url).path[1:]) or VIRTUAL_HOST
