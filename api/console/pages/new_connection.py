"""How is SCIM enabled for a portal? A form asks for rules and a brake, or to observe first."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.actors import Power
from api.admin.connections import Credentials, open_connection
from api.admin.policies import list_policies
from api.admin.remedies import REMEDIES
from api.admin.rule_choices import RuleChoices
from api.admin.rules import rules_from
from api.console.brake_forms import BrakeFields, brake_in, fields_of
from api.console.rule_forms import MORE, choices_in, told_of
from api.console.visit import Visit, visit_of
from api.directory.brake_limits import STANDARD
from api.errors import ApiError
from contracts.rules import Portal

USUAL = {
    Portal.DASHBOARD: RuleChoices("create-collaborator", "remove-collaborator", "viewer"),
    Portal.STORE: RuleChoices("create-employee", "remove-employee"),
    Portal.MDM: RuleChoices("create-mdm-employee", "unassign-devices"),
}
"""The choices at first."""


async def new(request: Request) -> Response:
    """Show the form; without a portal, the portals to choose from."""
    visit = visit_of(request)
    visit.actor.check(Power.OWN)
    workspace, portal = await visit.workspace(), _portal_in(visit.asked("portal"))
    if portal is None:
        return visit.page(
            "choose_portal.html", workspace=workspace, section="/workspace", portals=list(Portal)
        )
    return await _form(visit, workspace, portal, USUAL[portal], fields_of(STANDARD))


async def create(request: Request) -> Response:
    """Create the connection; its token is shown on its page once."""
    visit = visit_of(request)
    visit.actor.check(Power.OWN)
    form, workspace = visit.form, await visit.workspace()
    portal = _portal_in(form.text("portal"))
    if portal is None:
        return visit.redirect(visit.url("/connections/new", workspace=workspace))
    chosen, brake = RuleChoices(), brake_in(form)
    try:
        chosen = choices_in(form, portal)
        if form.is_set(MORE):
            return await _form(visit, workspace, portal, chosen, brake)
        made = await _open(visit, workspace, portal, chosen, brake.brake)
    except ApiError as error:
        return await _form(visit, workspace, portal, chosen, brake, error)
    told = f"SCIM is enabled, by the connection {made.connection}."
    return visit.redirect(visit.url(f"/connections/{made.connection}"), told, token=made.token)


async def _open(
    visit: Visit, workspace: str, portal: Portal, chosen: RuleChoices, brake: str
) -> Credentials:
    return await open_connection(
        visit.it,
        visit.actor,
        workspace,
        rules_from(portal, chosen),
        observe=visit.form.is_set("observe"),
        brake=brake,
    )


async def _form(
    visit: Visit,
    workspace: str,
    portal: Portal,
    chosen: RuleChoices,
    brake: BrakeFields,
    error: ApiError | None = None,
) -> Response:
    return visit.page(
        "new_connection.html",
        200 if error is None else error.status,
        workspace=workspace,
        section="/workspace",
        portal=portal,
        chosen=chosen,
        brake=brake,
        observe=visit.form.is_set("observe"),
        policies=await list_policies(visit.it, visit.actor, workspace),
        error=None if error is None else told_of(error),
        remedy=None if error is None else REMEDIES[error.code],
    )


def _portal_in(text: str) -> Portal | None:
    return Portal(text) if text in set(Portal) else None


ROUTES = (
    Route("/connections/new", new),
    Route("/connections/new", create, methods=["POST"]),
)
