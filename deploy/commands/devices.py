"""What does ``muster devices`` do? It lists, adds and assigns devices, as administrators would."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from contracts.downstream.devices import ListedDevice
from deploy.commands.output import show_row, show_rows
from deploy.commands.session import JsonOption
from deploy.commands.workspace_names import (
    NewWorkspaceOption,
    Workspace,
    on_workspace,
    on_workspace_to_use,
)
from worker.platforms.sql.inventory import Inventory

app = typer.Typer(no_args_is_help=True, help="Managed devices of a workspace.")

DEVICE_COLUMNS = ("serial", "policy", "assigned_to", "removed")
Serial = Annotated[str, typer.Argument(help="The device's serial number.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="devices")


@app.command("list")
def list_(workspace: Workspace, as_json: JsonOption = False) -> None:
    """List the devices of a workspace, removed ones too."""

    async def work(inventory: Inventory, name: str) -> list[dict[str, Any]]:
        return [asdict(each) async for each in inventory.devices.of_workspace(name)]

    show_rows(on_workspace(workspace, work), DEVICE_COLUMNS, as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    serial: Serial,
    policy: Annotated[str | None, typer.Option(help="A policy of the workspace.")] = None,
    assigned_to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The MDM user who has it.")
    ] = None,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Enrol a device."""

    async def work(inventory: Inventory, name: str) -> ListedDevice:
        return await inventory.devices.add(name, serial, policy=policy, assigned_to=assigned_to)

    made = on_workspace_to_use(workspace, work, new=new_workspace)
    show_row(asdict(made), as_json=as_json)


@app.command()
def assign(
    workspace: Workspace,
    serial: Serial,
    email: Annotated[
        str | None, typer.Argument(help="The MDM user who gets it; nobody, where left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Assign a device to an MDM user, or take its assignment off."""

    async def work(inventory: Inventory, name: str) -> ListedDevice:
        return await inventory.devices.assign(name, serial, email)

    show_row(asdict(on_workspace(workspace, work)), as_json=as_json)
