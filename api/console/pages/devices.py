"""Which pages list devices, and add one? The list tells who has each, and by which rule."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.device_origins import trace_devices
from api.admin.devices import add_device, count_devices, page_devices
from api.admin.policies import list_policies
from api.console.complaints import FORESEEN, Complaint, complaint_of
from api.console.visit import Visit, visit_of
from contracts.downstream.devices import DeviceFilter

MOST = 50
"""Devices of a page."""

MOST_POLICIES = 100
"""Policies that a menu offers. No page is over 100 KB."""

LONGEST_SEARCH = 200
"""Characters of a searched text; a serial number has no more."""

CHOICES = ("workspace", "state", "assigned", "policy")
"""The parameters that narrow the list, beside the search. None of them is personal."""

REMOVED = {"": False, "removed": True, "all": None}
"""The values of ``DeviceFilter.removed``, by the parameter ``state``."""

ASSIGNED = {"yes": True, "no": False}


async def devices(request: Request) -> Response:
    """List the devices of a workspace."""
    visit = visit_of(request)
    workspace, it, actor = await visit.workspace(), visit.it, visit.actor
    chosen = _chosen(visit)
    page = await page_devices(it, actor, workspace, chosen, after=visit.place().after, most=MOST)
    return visit.page(
        "devices.html",
        workspace=workspace,
        section="/devices",
        traced=await trace_devices(it, actor, workspace, page.items),
        pages=visit.pager(page),
        counts=await count_devices(it, actor, workspace),
        policies=(await list_policies(it, actor, workspace))[:MOST_POLICIES],
        chosen=chosen,
        search=visit.search(),
        state=visit.asked("state"),
    )


async def narrow(request: Request) -> Response:
    """Lead to the list for the choices of a form; the searched text is sealed in the URL."""
    visit = visit_of(request)
    chosen = {name: visit.form.text(name) for name in CHOICES}
    text = visit.form.text("search")[:LONGEST_SEARCH]
    return visit.redirect(visit.url("/devices", **chosen, q=visit.sealed_search(text)))


async def ask_new(request: Request) -> Response:
    """Ask which device is to be added."""
    visit = visit_of(request)
    return await _new_page(visit, await visit.workspace())


async def add(request: Request) -> Response:
    """Add a device."""
    visit = visit_of(request)
    workspace, form = await visit.workspace(), visit.form
    try:
        added = await add_device(
            visit.it,
            visit.actor,
            workspace,
            form.text("serial"),
            policy=form.text("policy") or None,
            assigned_to=form.text("assigned_to") or None,
        )
    except FORESEEN as error:
        return await _new_page(visit, workspace, complaint_of(error))
    url = visit.url(f"/devices/{added.id}", workspace=workspace)
    return visit.redirect(url, "The device was added.")


async def _new_page(visit: Visit, workspace: str, complaint: Complaint | None = None) -> Response:
    return visit.page(
        "device_new.html",
        200 if complaint is None else complaint.status,
        workspace=workspace,
        section="/devices",
        policies=(await list_policies(visit.it, visit.actor, workspace))[:MOST_POLICIES],
        form=visit.form,
        complaint=complaint,
    )


def _chosen(visit: Visit) -> DeviceFilter:
    """Return the filter of the URL. The text searched for is an e-mail, or else a serial number."""
    text = visit.search()
    is_email = "@" in text
    return DeviceFilter(
        serial=text if text and not is_email else None,
        policy=visit.asked("policy") or None,
        assigned_to=text if is_email else None,
        removed=REMOVED.get(visit.asked("state"), False),
        assigned=ASSIGNED.get(visit.asked("assigned")),
    )


ROUTES = (
    Route("/devices", devices),
    Route("/devices", narrow, methods=["POST"]),
    Route("/devices/new", ask_new),
    Route("/devices/new", add, methods=["POST"]),
)
