"""Which pages has one device? A page shows it, with forms, and another asks before its removal.

Devices are named by their ids: a serial number in a path would be personal.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.connections import list_connections
from api.admin.device_origins import TracedDevice, trace_devices
from api.admin.devices import assign_device, change_device_policy, remove_device, show_device
from api.admin.people_names import names_of_people
from api.admin.policies import list_policies
from api.console.complaints import FORESEEN, Complaint, complaint_of
from api.console.pages.devices import MOST_POLICIES
from api.console.visit import Visit, visit_of


async def device(request: Request) -> Response:
    """Show a device."""
    visit = visit_of(request)
    return await _page(visit, await visit.workspace())


async def assign(request: Request) -> Response:
    """Assign a device to an account, or end its assignment."""
    visit = visit_of(request)
    workspace, id_ = await visit.workspace(), visit.named("device")
    email = None if visit.form.is_set("nobody") else visit.form.text("assigned_to") or None
    try:
        await assign_device(visit.it, visit.actor, workspace, id_, email)
    except FORESEEN as error:
        return await _page(visit, workspace, complaint_of(error))
    told = "The device is assigned to nobody now." if email is None else "The device was assigned."
    return visit.redirect(_url(visit, workspace), told)


async def change_policy(request: Request) -> Response:
    """Put a device under a policy, or under none."""
    visit = visit_of(request)
    workspace, policy = await visit.workspace(), visit.form.text("policy") or None
    try:
        await change_device_policy(visit.it, visit.actor, workspace, visit.named("device"), policy)
    except FORESEEN as error:
        return await _page(visit, workspace, complaint_of(error))
    told = "The device is under no policy now." if policy is None else "The policy was changed."
    return visit.redirect(_url(visit, workspace), told)


async def ask_removal(request: Request) -> Response:
    """Say what the removal of a device will do."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    traced = await _traced(visit, workspace)
    return visit.page(
        "device_remove.html",
        workspace=workspace,
        section="/devices",
        device=traced.device,
        names=await _names(visit, workspace, traced),
        holder=traced.holder,
    )


async def remove(request: Request) -> Response:
    """Take a device out of the inventory."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    await remove_device(visit.it, visit.actor, workspace, visit.named("device"))
    return visit.redirect(_url(visit, workspace), "The device was removed from the inventory.")


async def _page(visit: Visit, workspace: str, complaint: Complaint | None = None) -> Response:
    traced = await _traced(visit, workspace)
    connections = await list_connections(visit.it, visit.actor, workspace)
    return visit.page(
        "device.html",
        200 if complaint is None else complaint.status,
        workspace=workspace,
        section="/devices",
        traced=traced,
        device=traced.device,
        names=await _names(visit, workspace, traced),
        policies=(await list_policies(visit.it, visit.actor, workspace))[:MOST_POLICIES],
        rules={each.id: each.rules for each in connections},
        form=visit.form,
        complaint=complaint,
    )


async def _traced(visit: Visit, workspace: str) -> TracedDevice:
    found = await show_device(visit.it, visit.actor, workspace, visit.named("device"))
    [traced] = await trace_devices(visit.it, visit.actor, workspace, [found])
    return traced


async def _names(visit: Visit, workspace: str, traced: TracedDevice) -> dict[str, str]:
    """Return the userNames of all people whom the page names, by their ids."""
    people = [traced.holder, *traced.origins.values()]
    keys = {(each.connection, each.identity) for each in people if each is not None}
    known = {(one, other) for one, other in keys if one is not None and other is not None}
    found = await names_of_people(visit.it, visit.actor, workspace, known)
    return {f"{connection}/{identity}": name for (connection, identity), name in found.items()}


def _url(visit: Visit, workspace: str) -> str:
    return visit.url(f"/devices/{visit.named('device')}", workspace=workspace)


PATH = "/devices/{device}"

ROUTES = (
    Route(PATH, device),
    Route(f"{PATH}/assign", assign, methods=["POST"]),
    Route(f"{PATH}/policy", change_policy, methods=["POST"]),
    Route(f"{PATH}/remove", ask_removal),
    Route(f"{PATH}/remove", remove, methods=["POST"]),
)
