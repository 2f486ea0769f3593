"""What does ``muster devices`` do? It lists, adds and changes devices, as administrators would."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

import typer

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.devices import (
    add_device,
    assign_device,
    change_device_policy,
    device_with_serial,
    list_devices,
    remove_device,
)
from contracts.downstream.devices import DeviceFilter, ListedDevice
from deploy.commands.empty_lists import none_in
from deploy.commands.output import show_row
from deploy.commands.session import JsonOption, on_administration
from deploy.commands.streamed_rows import pages_of, stream_rows
from deploy.commands.workspace_names import (
    Limit,
    NewWorkspaceOption,
    Workspace,
    asking_first,
)

app = typer.Typer(no_args_is_help=True, help="Managed devices of a workspace.")

DEVICE_COLUMNS = ("serial", "policy", "assigned_to", "removed")
Serial = Annotated[str, typer.Argument(help="The device's serial number.")]


def register(muster: typer.Typer) -> None:
    """Add the commands."""
    muster.add_typer(app, name="devices")


@app.command("list")
def list_(
    workspace: Workspace,
    serial: Annotated[str | None, typer.Option(help="Only those with this serial number.")] = None,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only those under this policy.")
    ] = None,
    assigned_to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="Only those that this MDM user has.")
    ] = None,
    removed: Annotated[
        bool | None,
        typer.Option("--removed/--live", help="Only removed ones, or only those in the inventory."),
    ] = None,
    limit: Limit = None,
    as_json: JsonOption = False,
) -> None:
    """List the devices of a workspace, removed ones too.

    Example: muster devices list acme --assigned-to ada@example.com
    """
    chosen = DeviceFilter(serial, policy, assigned_to, removed)

    async def work(it: Administration) -> None:
        found = list_devices(it, COMMAND, workspace, chosen, most=limit)
        if_none = none_in("devices list", narrowed=chosen != DeviceFilter())
        rows = pages_of(found, asdict)
        await stream_rows(rows, DEVICE_COLUMNS, as_json=as_json, if_none=if_none)

    on_administration(work)


@app.command()
def show(workspace: Workspace, serial: Serial, as_json: JsonOption = False) -> None:
    """Show the device with a serial number, or the removed one where none is in the inventory.

    Example: muster devices show acme C02XL0AAJGH5
    """
    _show(workspace, serial, lambda _it, found: _itself(found), as_json=as_json)


@app.command()
def add(
    workspace: Workspace,
    serial: Serial,
    policy: Annotated[
        str | None, typer.Option(metavar="NAME", help="A policy of the workspace.")
    ] = None,
    assigned_to: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The MDM user who has it.")
    ] = None,
    new_workspace: NewWorkspaceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Enrol a device; a removed device comes back.

    Example: muster devices add acme C02XL0AAJGH5 --policy Standard --assigned-to ada@example.com
    """

    def run(may_be_new: bool) -> ListedDevice:
        async def work(it: Administration) -> ListedDevice:
            return await add_device(
                it,
                COMMAND,
                workspace,
                serial,
                policy=policy,
                assigned_to=assigned_to,
                new_workspace=may_be_new,
            )

        return on_administration(work, makes=True)

    show_row(asdict(asking_first(run, new=new_workspace)), as_json=as_json)


@app.command()
def assign(
    workspace: Workspace,
    serial: Serial,
    email: Annotated[
        str | None, typer.Argument(help="The MDM user who gets it; none, where left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Assign a device to an MDM user, or take its assignment off.

    Example: muster devices assign acme C02XL0AAJGH5 ada@example.com
    """

    async def change(it: Administration, found: ListedDevice) -> ListedDevice:
        return await assign_device(it, COMMAND, workspace, found.id, email)

    _show(workspace, serial, change, as_json=as_json)


@app.command()
def policy(
    workspace: Workspace,
    serial: Serial,
    name: Annotated[
        str | None, typer.Argument(metavar="[POLICY]", help="Its policy; none, where left out.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put a device under another policy of the workspace, or under none.

    Example: muster devices policy acme C02XL0AAJGH5 Quarantine
    """

    async def change(it: Administration, found: ListedDevice) -> ListedDevice:
        return await change_device_policy(it, COMMAND, workspace, found.id, name)

    _show(workspace, serial, change, as_json=as_json)


@app.command()
def remove(workspace: Workspace, serial: Serial, as_json: JsonOption = False) -> None:
    """Take a device out of the inventory and off its user; no wipe is sent.

    Example: muster devices remove acme C02XL0AAJGH5
    """

    async def change(it: Administration, found: ListedDevice) -> ListedDevice:
        return await remove_device(it, COMMAND, workspace, found.id)

    _show(workspace, serial, change, as_json=as_json)


async def _itself(device: ListedDevice) -> ListedDevice:
    return device


def _show(
    workspace: str,
    serial: str,
    change: Callable[[Administration, ListedDevice], Awaitable[ListedDevice]],
    *,
    as_json: bool,
) -> None:
    """Change the device with a serial number, and show it as it is then."""

    async def work(it: Administration) -> ListedDevice:
        return await change(it, await device_with_serial(it, COMMAND, workspace, serial))

    show_row(asdict(on_administration(work)), as_json=as_json)
