"""Which pages has the console? All of them, with what each is about; a new page gets a line here.

The tests walk this list: every route of the console has to be in it, and every page of it is looked
at as another workspace, with markup in it, by axe, and in the screenshots.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.routing import Match, Route

from api.console.application import PAGES as MODULES

WORKSPACE = {"workspace": "workspace"}
LOOKING = "GET"


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page. What it is about are values of ``FullWorkspace``, by the names of its parameters.

    ``route`` is the path of its route. ``query`` has the parameters of the URL, and ``stands_for``
    those of the path that another value than that of their own name fills.
    """

    name: str
    route: str
    query: Mapping[str, str] = field(default_factory=dict)
    stands_for: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the URL that are the same in every workspace."""

    def url(self, values: Mapping[str, str]) -> str:
        """Return the URL of the page below the console's own."""
        named = {**values} | {name: values[key] for name, key in self.stands_for.items()}
        query = {name: values[key] for name, key in self.query.items()} | {**self.chosen}
        path = self.route.format_map(named)
        return f"{path}?{urlencode(query)}" if query else path


ALONE = (
    ConsolePage("sign-in", "/sign-in"),
    ConsolePage("set-up", "/set-up/{secret}"),
)
"""Pages that take no session."""

OF_LINK = (ConsolePage("setting-up", "/setting-up", chosen={"for": "okta"}),)
"""Pages of the session that a set-up link has begun."""

OF_NOBODY = (ConsolePage("workspaces", "/"),)
"""Pages that show what the visitor reaches, whoever it is."""

CONNECTION = "/connections/{connection}"
PERSON = "/people/{connection}/{identity}"
CONFLICT = "/problems/conflicts/{connection}/{identity}"

OF_CONNECTING = (
    ConsolePage("overview", "/workspace", WORKSPACE),
    ConsolePage("choose-portal", "/connections/new", WORKSPACE),
    ConsolePage("enable-store", "/connections/new", WORKSPACE, chosen={"portal": "store"}),
    ConsolePage("enable-dashboard", "/connections/new", WORKSPACE, chosen={"portal": "dashboard"}),
    ConsolePage("enable-mdm", "/connections/new", WORKSPACE, chosen={"portal": "mdm"}),
    ConsolePage("connection", CONNECTION),
    ConsolePage("connection-observing", CONNECTION, stands_for={"connection": "observing"}),
    ConsolePage("provider", f"{CONNECTION}/provider"),
    ConsolePage("provider-okta", f"{CONNECTION}/provider", chosen={"for": "okta"}),
    ConsolePage("provider-entra", f"{CONNECTION}/provider", chosen={"for": "entra"}),
    ConsolePage("provider-onelogin", f"{CONNECTION}/provider", chosen={"for": "onelogin"}),
    ConsolePage("provider-google", f"{CONNECTION}/provider", chosen={"for": "google"}),
    ConsolePage("provider-generic", f"{CONNECTION}/provider", chosen={"for": "generic"}),
    ConsolePage("token-new", f"{CONNECTION}/tokens/new"),
    ConsolePage("token-revoke", f"{CONNECTION}/tokens/{{token}}/revoke"),
    ConsolePage("set-up-revoke", f"{CONNECTION}/setup-links/{{link}}/revoke"),
    ConsolePage("rules", f"{CONNECTION}/rules"),
    ConsolePage(
        "rules-with-roles", f"{CONNECTION}/rules", stands_for={"connection": "group_connection"}
    ),
    ConsolePage("rules-with-policies", f"{CONNECTION}/rules", stands_for={"connection": "mdm"}),
    ConsolePage("state", f"{CONNECTION}/state"),
    ConsolePage("state-observing", f"{CONNECTION}/state", stands_for={"connection": "observing"}),
    ConsolePage("deletion", f"{CONNECTION}/delete"),
)
"""Pages of a workspace and its connections."""

OF_PEOPLE = (
    ConsolePage("people", "/people", WORKSPACE),
    ConsolePage("people-refused", "/people", WORKSPACE, chosen={"state": "refused"}),
    ConsolePage("people-inactive", "/people", WORKSPACE, chosen={"inactive": "yes"}),
    ConsolePage("person", PERSON),
    ConsolePage("person-held", PERSON, stands_for={"identity": "held_person"}),
    ConsolePage("person-failed", PERSON, stands_for={"identity": "failed_person"}),
    ConsolePage("person-deleted", PERSON, stands_for={"identity": "deleted_person"}),
    ConsolePage(
        "person-in-conflict",
        PERSON,
        stands_for={"connection": "conflict_connection", "identity": "conflict"},
    ),
    ConsolePage("lock", f"{PERSON}/lock"),
    ConsolePage("unlock", f"{PERSON}/unlock", stands_for={"identity": "locked_person"}),
    ConsolePage("groups", "/groups", WORKSPACE),
    ConsolePage(
        "group", "/groups/{connection}/{group}", stands_for={"connection": "group_connection"}
    ),
)
"""Pages of people and groups."""

OF_THINGS = (
    ConsolePage("devices", "/devices", WORKSPACE),
    ConsolePage("device-new", "/devices/new", WORKSPACE),
    ConsolePage("device", "/devices/{device}", WORKSPACE),
    ConsolePage("device-of-leaver", "/devices/{device}", WORKSPACE, {"device": "device_of_leaver"}),
    ConsolePage("device-remove", "/devices/{device}/remove", WORKSPACE),
    ConsolePage("policies", "/policies", WORKSPACE),
    ConsolePage("policy-remove", "/policies/remove", WORKSPACE | {"policy": "policy"}),
    ConsolePage("policy-remove-unused", "/policies/remove", WORKSPACE | {"policy": "unused"}),
)
"""Pages of devices and policies."""

OF_TROUBLE = (
    ConsolePage("held", "/held", WORKSPACE),
    ConsolePage("held-nobody", "/held", WORKSPACE | {"connection": "mdm"}),
    ConsolePage("problems", "/problems", WORKSPACE),
    ConsolePage(
        "problem-group",
        "/problems/group",
        WORKSPACE,
        chosen={"trouble": "refused", "name": "no_email"},
    ),
    ConsolePage("conflicts", "/problems/conflicts", WORKSPACE),
    ConsolePage(
        "conflict",
        CONFLICT,
        stands_for={"connection": "conflict_connection", "identity": "conflict"},
    ),
    ConsolePage("activity", "/activity", WORKSPACE),
    ConsolePage("activity-errors", "/activity", WORKSPACE, chosen={"errors": "yes"}),
    ConsolePage("audit", "/audit", WORKSPACE),
)
"""Pages of what waits for somebody, and of what has happened."""

OF_WORKSPACE = (*OF_CONNECTING, *OF_PEOPLE, *OF_THINGS, *OF_TROUBLE)
"""Pages of a workspace, which its administrators see."""

FRAGMENTS: tuple[ConsolePage, ...] = (
    ConsolePage("overview-portals", "/workspace/portals", WORKSPACE),
    ConsolePage("calls", f"{CONNECTION}/calls"),
    ConsolePage("person-state", f"{PERSON}/state"),
)
"""Parts of pages of a workspace that are fetched again."""

FRAGMENTS_OF_LINK = (ConsolePage("setting-up-calls", "/setting-up/calls"),)
"""Parts of pages of the session that a set-up link has begun."""

EVERY_PAGE = (*ALONE, *OF_LINK, *OF_NOBODY, *OF_WORKSPACE)


def routes(method: str) -> Iterator[Route]:
    """Yield the routes of the console that take a method, in their order."""
    for module in MODULES:
        for route in module.ROUTES:
            if method in (route.methods or ()):
                yield route


def route_of(method: str, path: str) -> str | None:
    """Return the path of the route that a request reaches; None where there is none."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return next(
        (route.path for route in routes(method) if route.matches(scope)[0] is Match.FULL), None
    )
