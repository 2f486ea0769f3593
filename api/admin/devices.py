"""Which devices does a workspace manage, and what is done to them by hand?

Devices are listed, enrolled, assigned, put under policies and removed. A removed device comes back
when it is enrolled again. The audit log names devices and accounts by their ids.
"""

from collections.abc import AsyncIterator
from uuid import uuid4

from api.admin.actors import Actor, Power
from api.admin.administration import Administration
from api.admin.audit import Change, begun
from api.admin.policies import known_policy
from api.admin.workspaces import workspace_in_use, workspace_named
from contracts.downstream.devices import ALL_DEVICES, DeviceCounts, DeviceFilter, ListedDevice
from contracts.downstream.pages import Key, Page
from contracts.rules import Portal


async def list_devices(
    it: Administration,
    actor: Actor,
    workspace: str,
    chosen: DeviceFilter = ALL_DEVICES,
    *,
    most: int | None = None,
) -> AsyncIterator[ListedDevice]:
    """Yield the devices of a workspace by serial number; of each number, the live one comes first.

    :param most: the number after which the list ends; None: all.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    async for device in it.downstream.devices.of_workspace(name, chosen, most=most):
        yield device


async def page_devices(
    it: Administration,
    actor: Actor,
    workspace: str,
    chosen: DeviceFilter = ALL_DEVICES,
    *,
    after: Key | None = None,
    most: int = 100,
) -> Page[ListedDevice]:
    """Return a page of the devices of a workspace, in the same order.

    :param after: the key with which the page before has ended.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.devices.page(name, chosen, after=after, most=most)


async def count_devices(it: Administration, actor: Actor, workspace: str) -> DeviceCounts:
    """Return the numbers of the devices of a workspace.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.devices.counts(name)


async def show_device(
    it: Administration, actor: Actor, workspace: str, device: str
) -> ListedDevice:
    """Return a device, in the inventory or removed.

    :param device: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises DownstreamError: when the workspace has no such device.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.devices.find(name, device)


async def device_with_serial(
    it: Administration, actor: Actor, workspace: str, serial: str
) -> ListedDevice:
    """Return the device with a serial number, a removed one where none is in the inventory.

    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises DownstreamError: when the workspace never had such a device.
    """
    name = await workspace_named(it, actor, workspace, Power.VIEW)
    return await it.downstream.devices.with_serial(name, serial)


async def add_device(
    it: Administration,
    actor: Actor,
    workspace: str,
    serial: str,
    *,
    policy: str | None = None,
    assigned_to: str | None = None,
    new_workspace: bool = False,
) -> ListedDevice:
    """Enrol a device; a removed one comes back, under a new id.

    :param assigned_to: the e-mail of a live MDM account.
    :param new_workspace: whether the workspace may be made beside others.
    :raises NewWorkspace: when it would be made beside others, and that was not demanded.
    :raises UnknownWorkspace: when the actor does not reach the workspace.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when the inventory has the serial number, or policy or account are not
        there, or the serial number is not readable.
    """
    id_ = uuid4().hex
    async with workspace_in_use(it, actor, workspace, new=new_workspace) as name:
        account = await _account(it, name, assigned_to)
        after = {"policy": await known_policy(it, name, policy), "account": account}
        async with begun(it, actor, Change("devices.add", name, subject=id_, after=after)):
            return await it.downstream.devices.add(
                name, serial, policy=policy, assigned_to=assigned_to, id_=id_
            )


async def assign_device(
    it: Administration, actor: Actor, workspace: str, device: str, email: str | None
) -> ListedDevice:
    """Assign a device to a live MDM account, or end its assignment where the e-mail is None.

    :param device: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when the device has left the inventory, or the account is not there.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    found = await it.downstream.devices.find(name, device)
    before, after = {"account": found.account}, {"account": await _account(it, name, email)}
    change = Change("devices.assign", name, subject=device, before=before, after=after)
    async with begun(it, actor, change):
        return await it.downstream.devices.assign(name, found.serial, email)


async def change_device_policy(
    it: Administration, actor: Actor, workspace: str, device: str, policy: str | None
) -> ListedDevice:
    """Put a device under a policy, or under none.

    :param device: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when the device has left the inventory, or the policy is not there.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    found = await it.downstream.devices.find(name, device)
    before, after = {"policy": found.policy}, {"policy": await known_policy(it, name, policy)}
    change = Change("devices.policy", name, subject=device, before=before, after=after)
    async with begun(it, actor, change):
        return await it.downstream.devices.change_policy(name, found.serial, policy)


async def remove_device(
    it: Administration, actor: Actor, workspace: str, device: str
) -> ListedDevice:
    """Take a device out of the inventory, and end its assignment. No wipe is sent.

    :param device: its id.
    :raises UnknownWorkspace: when there is no such workspace, or the actor does not reach it.
    :raises NotAllowed: when the actor may not change it.
    :raises DownstreamError: when the device has left the inventory already.
    """
    name = await workspace_named(it, actor, workspace, Power.OWN)
    found = await it.downstream.devices.find(name, device)
    before, after = {"account": found.account}, {"account": None, "removed": True}
    change = Change("devices.remove", name, subject=device, before=before, after=after)
    async with begun(it, actor, change):
        return await it.downstream.devices.remove(name, found.serial)


async def _account(it: Administration, workspace: str, email: str | None) -> str | None:
    """Return the id of the live MDM account with an e-mail, None where no e-mail is given.

    :raises DownstreamError: when there is no such account.
    """
    if email is None:
        return None
    return (await it.downstream.accounts.at(workspace, Portal.MDM, email)).id
