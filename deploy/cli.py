"""Which commands does ``muster`` have? This table names the module of each, loaded on demand."""

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from deploy.commands.on_demand import group_of

COMMANDS = {
    "run": "deploy.commands.processes.run",
    "api": "deploy.commands.processes.api",
    "relay": "deploy.commands.processes.relay",
    "worker": "deploy.commands.processes.worker",
    "migrate": "deploy.commands.processes.migrate",
    "demo": "deploy.demo.play",
    "status": "deploy.commands.status",
    "resync": "deploy.commands.resync",
    "reconcile": "deploy.commands.reconcile",
    "connections": "deploy.commands.connections",
    "tokens": "deploy.commands.tokens",
    "failures": "deploy.commands.failures",
    "dead-letters": "deploy.commands.dead_letters",
    "topology": "deploy.commands.topology",
    "policies": "deploy.commands.policies",
    "devices": "deploy.commands.devices",
    "accounts": "deploy.commands.accounts",
    "audit": "deploy.commands.audit",
}
"""The commands in the order of the help. All modules together take several times as long to load
as the one that a command needs."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("muster-scim"))
        raise typer.Exit


app = typer.Typer(
    cls=group_of(COMMANDS),
    help="SCIM provisioning of employees, collaborators and managed devices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _muster(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print it.")
    ] = False,
) -> None:
    """Accept the options that stand before any command."""
    context.obj()


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:], before=_log_to_stderr))


def run(arguments: list[str], before: Callable[[], None] = lambda: None) -> int:
    """Run one command and return its exit status. An error is printed as one line.

    :param before: is called once the command is found, before it runs.
    """
    try:
        return app(arguments, standalone_mode=False, obj=before) or 0
    except typer.TyperException as error:
        # Without any argument, the help has been printed already, and the message is empty.
        message = getattr(error, "format_message", error.__str__)().rstrip(".")
        return _fail(f"{message} (see --help)" if message else "", 2)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would show its text
        # The errors of all sides are loaded only where there is one to explain.
        from deploy.commands.explain_errors import explained  # noqa: PLC0415

        return _fail(*explained(error))


def _log_to_stderr() -> None:
    # Its library takes longer to load than all that --version and a mistyped word need.
    from deploy.logs import log_to_stderr  # noqa: PLC0415

    log_to_stderr()


def _fail(message: str, status: int) -> int:
    if message:
        typer.echo(f"muster: {message}", err=True)
    return status


if __name__ == "__main__":
    main()
