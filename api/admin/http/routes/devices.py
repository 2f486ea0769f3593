"""Which routes have devices? They are listed, shown, enrolled, assigned, changed and removed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api.admin.devices import (
    add_device,
    assign_device,
    change_device_policy,
    page_devices,
    remove_device,
    show_device,
)
from api.admin.http.asked import By
from api.admin.http.models import Body, Shown, with_examples
from api.admin.http.of_workspace import OfWorkspace
from api.admin.http.paging import Paged, PageOf
from contracts.downstream.devices import DeviceFilter

router = APIRouter(prefix="/devices", tags=["devices"])

DEVICE: dict[str, Any] = {
    "id": "0b9d6c1f4e5a47b3a8c2d7f6e1a09b34",
    "serial": "C02XL0AAJGH5",
    "policy": "Standard",
    "assigned_to": "ada@example.com",
    "account": "5f0c1d9a7e4b4c6f8a2d3e1b9c7f6a50",
    "removed": False,
}


class DeviceShown(Shown):
    """A managed device. A removed device has left the inventory, and stays on record."""

    model_config = with_examples(DEVICE)

    id: str
    serial: str
    policy: str | None
    assigned_to: str | None = Field(description="The e-mail of the account that has it.")
    account: str | None = Field(description="The id of that account.")
    removed: bool


class DeviceWanted(Body):
    """A device to enrol. A removed device comes back, under a new id."""

    model_config = with_examples(
        {"workspace": "acme", "serial": "C02XL0AAJGH5"},
        {
            "workspace": "acme",
            "serial": "C02XL0AAJGH5",
            "policy": "Standard",
            "assigned_to": "ada@example.com",
        },
    )

    workspace: str
    serial: str
    policy: str | None = Field(None, description="A policy of the workspace.")
    assigned_to: str | None = Field(None, description="The e-mail of a live MDM account.")
    new_workspace: bool = Field(
        default=False, description="Whether the workspace may be made, where there are others."
    )


class AssignmentWanted(Body):
    """The MDM account that is to have a device, by its e-mail; null: none."""

    model_config = with_examples({"assigned_to": "ada@example.com"})

    assigned_to: str | None


class DevicePolicyWanted(Body):
    """The policy that a device is to be under; null: none."""

    model_config = with_examples({"policy": "Quarantine"})

    policy: str | None


@router.get("")
async def list_(
    by: By,
    paging: Paged,
    workspace: OfWorkspace,
    serial: Annotated[str | None, Query(description="Only those with this number.")] = None,
    policy: Annotated[str | None, Query(description="Only those under this policy.")] = None,
    assigned_to: Annotated[
        str | None, Query(description="Only those of the account with this e-mail.")
    ] = None,
    removed: Annotated[
        bool | None, Query(description="Only removed ones, or only those in the inventory.")
    ] = None,
) -> PageOf[DeviceShown]:
    """List the devices of a workspace, by serial number."""
    chosen = DeviceFilter(serial, policy, assigned_to, removed)
    page = await page_devices(
        by.it, by.actor, workspace, chosen, after=paging.after, most=paging.most
    )
    return paging.shown(page, DeviceShown.model_validate)


@router.post("", status_code=201)
async def create(wanted: DeviceWanted, by: By) -> DeviceShown:
    """Enrol a device; a removed device comes back, under a new id."""
    made = await add_device(
        by.it,
        by.actor,
        wanted.workspace,
        wanted.serial,
        policy=wanted.policy,
        assigned_to=wanted.assigned_to,
        new_workspace=wanted.new_workspace,
    )
    return DeviceShown.model_validate(made)


@router.get("/{device}")
async def show(device: str, by: By, workspace: OfWorkspace) -> DeviceShown:
    """Show a device, in the inventory or removed."""
    return DeviceShown.model_validate(await show_device(by.it, by.actor, workspace, device))


@router.post("/{device}/assign")
async def assign(
    device: str, wanted: AssignmentWanted, by: By, workspace: OfWorkspace
) -> DeviceShown:
    """Assign a device to an MDM account, or take its assignment off."""
    email = wanted.assigned_to
    done = await assign_device(by.it, by.actor, workspace, device, email)
    return DeviceShown.model_validate(done)


@router.post("/{device}/policy")
async def policy(
    device: str, wanted: DevicePolicyWanted, by: By, workspace: OfWorkspace
) -> DeviceShown:
    """Put a device under another policy of the workspace, or under none."""
    done = await change_device_policy(by.it, by.actor, workspace, device, wanted.policy)
    return DeviceShown.model_validate(done)


@router.delete("/{device}")
async def remove(device: str, by: By, workspace: OfWorkspace) -> DeviceShown:
    """Take a device out of the inventory and off its account. No wipe is sent."""
    return DeviceShown.model_validate(await remove_device(by.it, by.actor, workspace, device))
