"""Which pages have conflicts? A page lists them, and another decides on each.

Both ways out stand on one page with what they do, because only a person can tell which is right:
whether two people have the address, or one person is in two directories.
"""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.accounts import show_account
from api.admin.conflicts import (
    ShownConflict,
    move_conflict,
    page_conflicts,
    release_conflict,
    show_conflict,
)
from api.admin.connection_states import show_connection
from api.admin.devices import page_devices
from api.admin.people_names import names_of_people
from api.console.complaints import FORESEEN, Complaint, complaint_of
from api.console.visit import Visit, visit_of
from contracts.downstream.devices import DeviceFilter, ListedDevice
from contracts.downstream.pages import Page
from contracts.rules import Portal

MOST = 50
"""Conflicts of a page."""

CHANGED = Complaint(
    "the conflict has changed since you looked at it, so nothing was done",
    "Look at it as it is now, and decide anew.",
    None,
    409,
)

MOST_DEVICES = 10
"""Devices that are named of an account; of more, it is said that there are."""


async def conflicts(request: Request) -> Response:
    """List the people who wait for an address, and its holders."""
    visit = visit_of(request)
    workspace, after = await visit.workspace(), visit.place().after
    page = await page_conflicts(visit.it, visit.actor, workspace, after=after, most=MOST)
    return visit.page(
        "conflicts.html",
        workspace=workspace,
        section="/problems",
        conflicts=page.items,
        names=await _names(visit, workspace, page.items),
        pages=visit.pager(page),
    )


async def conflict(request: Request) -> Response:
    """Show a conflict with both ways out of it."""
    return await _page(visit_of(request))


async def release(request: Request) -> Response:
    """Hand the account over to the person who waits."""
    visit = visit_of(request)
    connection, identity = visit.named("connection"), visit.named("identity")
    demanded = visit.form.is_set("from_active")
    if await _has_changed(visit):
        return await _page(visit, CHANGED)
    try:
        await release_conflict(visit.it, visit.actor, connection, identity, from_active=demanded)
    except FORESEEN as error:
        return await _page(visit, complaint_of(error))
    return await _done(visit, "The account was handed over to the person who waited.")


async def move(request: Request) -> Response:
    """Give the account that is in the way another e-mail."""
    visit = visit_of(request)
    connection, identity = visit.named("connection"), visit.named("identity")
    if await _has_changed(visit):
        return await _page(visit, CHANGED)
    try:
        await move_conflict(visit.it, visit.actor, connection, identity, visit.form.text("to"))
    except FORESEEN as error:
        return await _page(visit, complaint_of(error))
    return await _done(visit, "The address was given to the person who waited.")


async def _has_changed(visit: Visit) -> bool:
    """Return whether account or holder are others than those for which the form was made."""
    connection, identity = visit.named("connection"), visit.named("identity")
    found = await show_conflict(visit.it, visit.actor, connection, identity)
    return visit.form.text("seen") != seen(found)


def seen(found: ShownConflict) -> str:
    """Return the account in the way and its holder, as a form tells them."""
    return f"{found.holder_account} {found.holder_connection} {found.holder_identity}"


async def _page(visit: Visit, complaint: Complaint | None = None) -> Response:
    connection, identity = visit.named("connection"), visit.named("identity")
    workspace = (await show_connection(visit.it, visit.actor, connection)).workspace
    found = await show_conflict(visit.it, visit.actor, connection, identity)
    held = found.holder_account
    return visit.page(
        "conflict.html",
        200 if complaint is None else complaint.status,
        workspace=workspace,
        section="/problems",
        conflict=found,
        seen=seen(found),
        names=await _names(visit, workspace, [found]),
        account=held and await show_account(visit.it, visit.actor, workspace, held),
        devices=await _devices(visit, workspace, found),
        form=visit.form,
        complaint=complaint,
    )


async def _devices(visit: Visit, workspace: str, found: ShownConflict) -> Page[ListedDevice]:
    """Return the first devices of the account that is in the way; only the MDM Portal has any."""
    if found.portal is not Portal.MDM or found.holder_account is None:
        return Page((), None)
    of_account = DeviceFilter(assigned_to=found.email, removed=False)
    return await page_devices(visit.it, visit.actor, workspace, of_account, most=MOST_DEVICES)


async def _names(visit: Visit, workspace: str, found: Iterable[ShownConflict]) -> Mapping[str, str]:
    """Return the userNames of those who wait and of those who hold accounts, by their paths."""
    people = set[tuple[str, str]]()
    for each in found:
        people.add((each.connection, each.identity))
        if each.holder_connection is not None and each.holder_identity is not None:
            people.add((each.holder_connection, each.holder_identity))
    names = await names_of_people(visit.it, visit.actor, workspace, people)
    return {f"{connection}/{identity}": name for (connection, identity), name in names.items()}


async def _done(visit: Visit, told: str) -> Response:
    connection = await show_connection(visit.it, visit.actor, visit.named("connection"))
    url = visit.url("/problems/conflicts", workspace=connection.workspace)
    return visit.redirect(url, told)


PATH = "/problems/conflicts/{connection}/{identity}"

ROUTES = (
    Route("/problems/conflicts", conflicts),
    Route(PATH, conflict),
    Route(f"{PATH}/release", release, methods=["POST"]),
    Route(f"{PATH}/move", move, methods=["POST"]),
)
