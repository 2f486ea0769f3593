"""Which commands does ``muster`` have? This table lists them, with modules loaded on demand."""

import gc
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated

import typer

from contracts.quotations import quoted_word
from deploy.commands.on_demand import Listed, Panel, group_of
from deploy.commands.visible_text import is_text, say

COMMANDS = {
    "run": Listed(
        "deploy.commands.processes.run",
        "Run api, relay, worker, admin API and console in one process.",
        Panel.SERVE,
    ),
    "api": Listed(
        "deploy.commands.processes.api",
        "Run the api with a relay inside, beside other processes.",
        Panel.SERVE,
    ),
    "relay": Listed(
        "deploy.commands.processes.relay",
        "Run a relay alone, beside other processes.",
        Panel.SERVE,
    ),
    "worker": Listed(
        "deploy.commands.processes.worker",
        "Run a worker, beside other processes.",
        Panel.SERVE,
    ),
    "admin": Listed(
        "deploy.commands.processes.admin",
        "Run the HTTP admin API and the console, beside other processes.",
        Panel.SERVE,
    ),
    "migrate": Listed(
        "deploy.commands.processes.migrate",
        "Bring both databases to the schema of this version.",
        Panel.SERVE,
    ),
    "demo": Listed(
        "deploy.demo.play",
        "Tell a joiner-mover-leaver story in requests of Okta, and check its effects downstream.",
        Panel.SERVE,
    ),
    "status": Listed(
        "deploy.commands.status",
        "Show how many identities are pending and applied, which are refused or failed, and why.",
        Panel.REPAIR,
    ),
    "doctor": Listed(
        "deploy.commands.doctor",
        "Tell what is wrong with this installation: settings, databases, broker, public URL,"
        " ports.",
        Panel.REPAIR,
    ),
    "resync": Listed(
        "deploy.commands.resync",
        "Publish the newest state of identities again, e.g. after a failure or a restore.",
        Panel.REPAIR,
    ),
    "reconcile": Listed(
        "deploy.commands.reconcile",
        "Compare every identity with its state downstream; exit status 1 where they disagree.",
        Panel.REPAIR,
    ),
    "workspaces": Listed(
        "deploy.commands.workspaces",
        "Workspaces of customers.",
        Panel.ADMINISTER,
    ),
    "connections": Listed(
        "deploy.commands.connections",
        "Switch SCIM on for a portal, and see where it is.",
        Panel.ADMINISTER,
    ),
    "preview": Listed(
        "deploy.commands.preview",
        "Show what changed rules, leavers or a going live would do, and do nothing.",
        Panel.ADMINISTER,
    ),
    "why": Listed(
        "deploy.commands.why",
        "Tell why a person has this account, role and devices, and what would change it.",
        Panel.ADMINISTER,
    ),
    "rules": Listed(
        "deploy.commands.rules",
        "Groups and roles that rules can map.",
        Panel.ADMINISTER,
    ),
    "tokens": Listed(
        "deploy.commands.tokens",
        "Bearer tokens of connections.",
        Panel.ADMINISTER,
    ),
    "setup-links": Listed(
        "deploy.commands.setup_links",
        "Links by which somebody without an account connects a provider.",
        Panel.ADMINISTER,
    ),
    "people": Listed(
        "deploy.commands.people",
        "People as providers pushed them, and their state.",
        Panel.ADMINISTER,
    ),
    "held": Listed(
        "deploy.commands.held",
        "People who are held by the brake of their connection.",
        Panel.ADMINISTER,
    ),
    "admins": Listed(
        "deploy.commands.admins",
        "Administrators of workspaces, and their tokens for the HTTP admin API.",
        Panel.ADMINISTER,
    ),
    "failures": Listed(
        "deploy.commands.failures",
        "Events that could not be published or applied.",
        Panel.REPAIR,
    ),
    "dead-letters": Listed(
        "deploy.commands.dead_letters",
        "Messages that cannot be read, or were never answered."
        " The broker's user must be allowed to read them.",
        Panel.REPAIR,
    ),
    "topology": Listed(
        "deploy.commands.topology",
        "Exchanges and queues on the broker.",
        Panel.SERVE,
    ),
    "monitoring": Listed(
        "deploy.commands.monitoring",
        "Rules of Prometheus and dashboards of Grafana.",
        Panel.SERVE,
    ),
    "policies": Listed(
        "deploy.commands.policies",
        "Policies of a workspace.",
        Panel.BY_HAND,
    ),
    "devices": Listed(
        "deploy.commands.devices",
        "Managed devices of a workspace.",
        Panel.BY_HAND,
    ),
    "accounts": Listed(
        "deploy.commands.accounts",
        "Employees, collaborators and MDM employees.",
        Panel.BY_HAND,
    ),
    "conflicts": Listed(
        "deploy.commands.conflicts",
        "Addresses that two people want.",
        Panel.ADMINISTER,
    ),
    "requests": Listed(
        "deploy.commands.requests",
        "Show what a provider asked and how it was answered, the latest first, with remedies.",
        Panel.REPAIR,
    ),
    "audit": Listed(
        "deploy.commands.audit",
        "Show the changes that were made, the latest first; --json shows before and after as well.",
        Panel.REPAIR,
    ),
}
"""The commands in the order of the help. All modules together take several times as long to load
as the one that a command needs. A test compares the help with the commands."""


def _show_version(wanted: bool) -> None:
    if wanted:
        say(version("muster-scim"))
        raise typer.Exit


app = typer.Typer(
    cls=group_of(COMMANDS),
    help="SCIM provisioning of employees, collaborators and managed devices.",
    epilog="muster COMMAND -h tells more of each, with an example; README.md has a table of all.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _muster(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", is_eager=True, callback=_show_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Accept the options that stand before any command."""
    context.obj()


EXTRA_WORDS = re.compile(r"(?s)(Got unexpected extra arguments?).*")
WRONG_CHOICE = re.compile(r"(?s)(Invalid value[^:]*: )'(.*)' is not one of ")
"""The library's message about values that do not fit, which may be names of people."""


def main() -> None:
    """Run the command line.

    The objects of modules live as long as the command, and loading makes hardly any garbage. So the
    garbage collector rests while modules are loaded, and never looks through their objects, not
    even at the exit: ``muster status`` takes 0.55 s of the processor in place of 0.9, measured in
    turns.
    """
    gc.disable()
    sys.exit(run(sys.argv[1:], before=_begin))


def _wrong_choice(said: re.Match[str]) -> str:
    return f"{said[1]}{quoted_word(said[2])} is not one of "


def run(arguments: list[str], before: Callable[[], None] = lambda: None) -> int:
    """Run one command and return its exit status. An error is printed as one line.

    :param before: called once the command is found, before it runs.
    """
    for place, argument in enumerate(arguments, 1):
        if not is_text(argument):
            return _fail(f"argument {place} is no text in UTF-8: {argument} (see --help)", 2)
    try:
        return app(arguments, prog_name="muster", standalone_mode=False, obj=before) or 0
    except typer.TyperException as error:
        # Without any argument, the help has been printed already, and the message is empty.
        message = getattr(error, "format_message", error.__str__)()
        message = " ".join(message.split()).rstrip(".")  # choices come in a line each
        message = message.replace(": Value error, ", ": ")  # as Pydantic begins them
        message = re.sub(r"\n\s*", " ", message)  # Typer lists choices in lines
        message = EXTRA_WORDS.sub(r"\1: quote a name that has blanks", message)
        message = WRONG_CHOICE.sub(_wrong_choice, message)
        return _fail(f"{message} (see --help)" if message else "", 2)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would show its text
        # The errors of all sides are loaded only where there is one to explain.
        from deploy.commands.explain_errors import explained  # noqa: PLC0415

        return _fail(*explained(error))


def _begin() -> None:
    # structlog takes longer to load than all that --version and a mistyped word need.
    from deploy.logs import log_to_stderr  # noqa: PLC0415

    gc.freeze()  # of the 250,000 objects of ``muster api``, 4,000 are garbage
    gc.enable()
    log_to_stderr()


def _fail(message: str, status: int) -> int:
    if message:
        say(f"muster: {message}", to_stderr=True)
    return status


if __name__ == "__main__":
    main()
