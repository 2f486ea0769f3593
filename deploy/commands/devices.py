"""``muster devices``: what an administrator does by hand in the device inventory."""

from typing import Annotated, Any

import typer

from deploy.commands.session import JsonOption, Workspace, on_databases
from deploy.opened import Databases
from deploy.output import show_row, show_rows
from deploy.settings import Settings
from worker import inventory

app = typer.Typer(no_args_is_help=True, help="Managed devices of a workspace.")

COLUMNS = ("serial", "policy", "assigned_to", "removed")
Serial = Annotated[str, typer.Argument(help="The device's serial number.")]


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the devices of a workspace, removed ones too."""

    async def work(databases: Databases, _settings: Settings) -> list[dict[str, Any]]:
        return await inventory.list_devices(databases.downstream, workspace)

    show_rows(on_databases(work), COLUMNS, as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    serial: Serial,
    policy: Annotated[str | None, typer.Option(help="A policy of the workspace.")] = None,
    assigned_to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The MDM user who has it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Enrol a device."""

    async def work(databases: Databases, _settings: Settings) -> None:
        await inventory.add_device(
            databases.downstream, workspace, serial, policy=policy, assigned_to=assigned_to
        )

    on_databases(work)
    added = {"serial": serial, "policy": policy, "assigned_to": assigned_to, "removed": False}
    show_row(added, as_json=as_json)


@app.command()
def assign(
    workspace: Workspace,
    serial: Serial,
    email: Annotated[str, typer.Argument(help="The MDM user who gets it.")],
) -> None:
    """Assign a device to an MDM user."""

    async def work(databases: Databases, _settings: Settings) -> None:
        await inventory.assign_device(databases.downstream, workspace, serial, email)

    on_databases(work)
