"""How are devices listed? Each device is listed with the e-mail of its account."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from contracts.downstream.devices import DeviceFilter, ListedDevice
from contracts.downstream.pages import Key
from contracts.names import name_key
from worker.platforms.sql.tables import AccountRow, DeviceRow

ORDER = col(DeviceRow.serial), col(DeviceRow.removed), col(DeviceRow.id)


def with_owners(workspace: str) -> Any:
    """Return the statement that selects the devices of a workspace with their owners' e-mails."""
    return (
        select(DeviceRow, AccountRow.email)
        .outerjoin(AccountRow, col(DeviceRow.assigned_to) == AccountRow.id)
        .where(DeviceRow.workspace == workspace)
        .order_by(*ORDER)
    )


def chosen_by(chosen: DeviceFilter) -> list[ColumnElement[bool]]:
    """Return the conditions for the devices that are listed."""
    owner = chosen.assigned_to
    wanted: dict[Any, Any] = {
        col(DeviceRow.serial): chosen.serial,
        col(DeviceRow.policy): chosen.policy,
        col(AccountRow.email_key): None if owner is None else name_key(owner),
        col(DeviceRow.removed): chosen.removed,
    }
    conditions = [column == value for column, value in wanted.items() if value is not None]
    if chosen.assigned is not None:
        has_owner = col(DeviceRow.assigned_to).is_not(None)
        conditions.append(has_owner if chosen.assigned else ~has_owner)
    return conditions


def listed(device: DeviceRow, owner: str | None) -> ListedDevice:
    """Return a device with its owner's e-mail, as ``with_owners`` selects them."""
    return ListedDevice(
        serial=device.serial,
        policy=device.policy,
        assigned_to=owner,
        removed=device.removed,
        id=device.id,
        account=device.assigned_to,
    )


def key_of(device: DeviceRow) -> Key:
    """Return the place of a device in the order of its list."""
    return device.serial, int(device.removed), device.id
