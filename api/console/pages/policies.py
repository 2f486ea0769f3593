"""Which pages have policies? A page lists them with their uses, and adds one; another removes it.

The name of a policy lies in the query, because it may hold a slash.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.policies import add_policy, remove_policy
from api.admin.policy_uses import PolicyUse, list_policy_uses
from api.console.complaints import FORESEEN, Complaint, complaint_of
from api.console.visit import Visit, visit_of
from api.console.words import shortened
from contracts.downstream.pages import Key, Page

MOST = 100
"""Policies of a page."""


async def policies(request: Request) -> Response:
    """List the policies of a workspace, and what needs them."""
    visit = visit_of(request)
    return await _page(visit, await visit.workspace())


async def add(request: Request) -> Response:
    """Add a policy."""
    visit = visit_of(request)
    workspace, policy = await visit.workspace(), visit.form.text("policy")
    try:
        await add_policy(visit.it, visit.actor, workspace, policy)
    except FORESEEN as error:
        return await _page(visit, workspace, complaint_of(error))
    name = shortened(policy, 80)
    told = f"The policy {name} was added. People whose leaving waited for it are seen to now."
    return visit.redirect(visit.url("/policies", workspace=workspace), told)


async def ask_removal(request: Request) -> Response:
    """Say whether a policy can be removed, and what needs it."""
    visit = visit_of(request)
    return await _removal_page(visit, await visit.workspace(), visit.asked("policy"))


async def remove(request: Request) -> Response:
    """Remove a policy."""
    visit = visit_of(request)
    workspace, policy = await visit.workspace(), visit.form.text("policy")
    try:
        await remove_policy(visit.it, visit.actor, workspace, policy)
    except FORESEEN as error:
        return await _removal_page(visit, workspace, policy, complaint_of(error))
    url = visit.url("/policies", workspace=workspace)
    return visit.redirect(url, f"The policy {shortened(policy, 80)} was removed.")


async def _page(visit: Visit, workspace: str, complaint: Complaint | None = None) -> Response:
    uses = await list_policy_uses(visit.it, visit.actor, workspace)
    page = _page_of(uses, visit.place().after)
    return visit.page(
        "policies.html",
        200 if complaint is None else complaint.status,
        workspace=workspace,
        section="/devices",
        uses=page.items,
        total=len([use for use in uses if use.exists]),
        missing=[use for use in uses if not use.exists],
        pages=visit.pager(page),
        form=visit.form,
        complaint=complaint,
    )


async def _removal_page(
    visit: Visit, workspace: str, policy: str, complaint: Complaint | None = None
) -> Response:
    uses = await list_policy_uses(visit.it, visit.actor, workspace)
    use = next((use for use in uses if use.policy == policy and use.exists), None)
    if use is None:
        url = visit.url("/policies", workspace=workspace)
        return visit.redirect(url, "There is no such policy any more.")
    return visit.page(
        "policy_remove.html",
        200 if complaint is None else complaint.status,
        workspace=workspace,
        section="/devices",
        use=use,
        complaint=complaint,
    )


def _page_of(uses: Sequence[PolicyUse], after: Key | None) -> Page[PolicyUse]:
    later = [use for use in uses if after is None or use.policy > str(after[0])]
    return Page.of([(use, (use.policy,)) for use in later[: MOST + 1]], MOST)


ROUTES = (
    Route("/policies", policies),
    Route("/policies", add, methods=["POST"]),
    Route("/policies/remove", ask_removal),
    Route("/policies/remove", remove, methods=["POST"]),
)
