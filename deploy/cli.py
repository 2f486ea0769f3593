"""Which commands does ``muster`` have? This module registers them, and explains their errors."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from api.errors import ApiError
from contracts.error_summary import error_summary
from deploy.broker.rabbitmq_connection import BrokerUnusable
from deploy.broker.rabbitmq_topology import TopologyNotApplied
from deploy.commands import (
    accounts,
    connections,
    dead_letters,
    devices,
    failures,
    policies,
    processes,
    reconcile,
    status,
    tokens,
    topology,
)
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.rule_options import message_for
from deploy.databases.migration_locks import SchemaLocked
from deploy.databases.migrations import NewerSchema, OutdatedSchema
from deploy.databases.open_databases import UnusableDatabase
from deploy.demo import play
from deploy.http.server import PortTaken
from deploy.logs import log_to_stderr
from deploy.settings import InvalidSetting
from worker.errors import WorkerError


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("muster-scim"))
        raise typer.Exit


app = typer.Typer(
    help="SCIM provisioning of employees, collaborators and managed devices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _muster(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print it.")
    ] = False,
) -> None:
    """Accept the options that stand before any command."""


processes.register(app)
play.register(app)
status.register(app)
reconcile.register(app)
app.add_typer(connections.app, name="connections")
app.add_typer(tokens.app, name="tokens")
app.add_typer(failures.app, name="failures")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(topology.app, name="topology")
app.add_typer(policies.app, name="policies")
app.add_typer(devices.app, name="devices")
app.add_typer(accounts.app, name="accounts")

USER_ERRORS = (
    ApiError,
    BrokerUnusable,
    WorkerError,
    InvalidInput,
    InvalidSetting,
    NewerSchema,
    OutdatedSchema,
    SchemaLocked,
    TopologyNotApplied,
    UnusableDatabase,
)
"""Errors that the person at the keyboard can mend: they are shown as one line, exit status 2."""


def main() -> None:
    """Run the command line."""
    log_to_stderr()
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit status. An error is printed as one line."""
    try:
        return app(arguments, standalone_mode=False) or 0
    except typer.TyperException as error:
        # Without any argument, the help has been printed already, and the message is empty.
        message = getattr(error, "format_message", error.__str__)().rstrip(".")
        return _fail(f"{message} (see --help)" if message else "", 2)
    except USER_ERRORS as error:
        return _fail(message_for(error), 2)
    except PortTaken as error:
        return _fail(str(error), 1)
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or error  # its text may quote personal data
        return _fail(f"a database or the network failed: {type(cause).__name__}", 1)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would show its text
        summary = error_summary(error)
        return _fail(f"an unexpected error: {summary['error']} at {summary['where']}", 1)


def _fail(message: str, status: int) -> int:
    if message:
        typer.echo(f"muster: {message}", err=True)
    return status


if __name__ == "__main__":
    main()
