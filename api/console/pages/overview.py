"""Which page has a workspace? An overview shows its portals, with the connections of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.admin.comings import joined_and_left, summed
from api.admin.overview import ConnectionOverview, overview_of
from api.console.visit import Visit, visit_of
from contracts.rules import Portal

DAYS = 14
"""Days of which the picture of joiners and leavers tells."""


@dataclass(frozen=True, slots=True)
class PortalCard:
    """A portal with its connections, of which there may be none: then SCIM is off there."""

    portal: Portal
    connections: Sequence[ConnectionOverview]


async def overview(request: Request) -> Response:
    """Show the workspace, with pictures of joiners and leavers, and of the lag."""
    visit = visit_of(request)
    workspace = await visit.workspace()
    days = await joined_and_left(visit.it, visit.actor, workspace, DAYS)
    return await _page(visit, "overview.html", days=summed(days.values()) if days else ())


async def portals(request: Request) -> Response:
    """Show the portals alone, which are fetched again while the page is looked at."""
    return await _page(visit_of(request), "overview_portals.html")


async def _page(visit: Visit, template: str, **shown: Any) -> Response:
    workspace = await visit.workspace()
    every = await overview_of(visit.it, visit.actor, workspace)
    cards = [
        PortalCard(portal, [each for each in every if each.connection.portal is portal])
        for portal in Portal
    ]
    lag = max((each.lag_seconds or 0.0 for each in every), default=0.0)
    return visit.page(
        template,
        workspace=workspace,
        section="/workspace",
        cards=cards,
        lag_seconds=lag,
        **shown,
    )


ROUTES = (Route("/workspace", overview), Route("/workspace/portals", portals))
