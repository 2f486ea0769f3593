"""Which routes have rules? Those of a connection are read, tried and changed, by portal."""

from fastapi import APIRouter
from pydantic import Field

from api.admin.change_rules import change_rules, validate_rules
from api.admin.connection_states import show_connection
from api.admin.http.asked import By
from api.admin.http.models import Shown, with_examples
from api.admin.http.paging import Paged, PageOf
from api.admin.http.routes.connections import RULES
from api.admin.http.shown_leavers import LeaverShown
from api.admin.http.wanted_rules import RulesWanted
from api.admin.seen_names import list_seen_roles, mapping_warnings, page_seen_groups
from contracts.portals import PORTALS
from contracts.rules import Portal, Role, Rules

router = APIRouter(tags=["rules"])


class PortalShown(Shown):
    """A portal, and what its rules can say; the first of each choice is the default."""

    model_config = with_examples(
        {
            "portal": "store",
            "on_create": ["nothing", "create-employee"],
            "on_deactivate": ["nothing", "remove-employee"],
            "roles": [],
        }
    )

    portal: Portal
    on_create: list[str]
    on_deactivate: list[str]
    roles: list[Role] = Field(description="The roles of its accounts; names can be mapped to them.")


class RulesShown(Shown):
    """The rules of a connection, and what is wrong with their mapping of names."""

    model_config = with_examples({"connection": "acme-store", "rules": RULES, "warnings": []})

    connection: str
    rules: Rules
    warnings: list[str]


class ChangedRulesShown(RulesShown):
    """The new rules, the number of identities that follow them, and people who are left alone."""

    model_config = with_examples(
        {"connection": "acme-store", "rules": RULES, "warnings": [], "marked": 250, "leavers": []}
    )

    marked: int
    leavers: list[LeaverShown]


class SeenGroupShown(Shown):
    """A group that was pushed, and the role that it is mapped to, by its id or its name."""

    model_config = with_examples(
        {"id": "2b1c9a7e4b4c6f8a", "name": "Muster Admins", "role": "admin"}
    )

    id: str
    name: str
    role: Role | None


class SeenRoleShown(Shown):
    """A value of the SCIM attribute `roles` that was pushed, and the role that it is mapped to."""

    model_config = with_examples({"value": "editor", "role": None})

    value: str
    role: Role | None


@router.get("/portals")
async def portals() -> list[PortalShown]:
    """List the portals, with the choices that rules have there."""
    return [
        PortalShown(
            portal=portal,
            on_create=list(it.creations),
            on_deactivate=list(it.deactivations),
            roles=list(Role) if it.has_roles else [],
        )
        for portal, it in PORTALS.items()
    ]


@router.get("/connections/{connection}/rules")
async def show(connection: str, by: By) -> RulesShown:
    """Show the rules of a connection, with warnings of a mapping that can have no effect."""
    found = await show_connection(by.it, by.actor, connection)
    warnings = await mapping_warnings(by.it, by.actor, connection)
    return RulesShown(connection=connection, rules=found.rules, warnings=list(warnings))


@router.get("/connections/{connection}/rules/groups")
async def groups(connection: str, by: By, paging: Paged) -> PageOf[SeenGroupShown]:
    """List the groups that a connection has pushed, which can be mapped to roles, by name."""
    page = await page_seen_groups(by.it, by.actor, connection, after=paging.after, most=paging.most)
    return paging.shown(page, SeenGroupShown.model_validate)


@router.get("/connections/{connection}/rules/roles")
async def roles(connection: str, by: By, paging: Paged) -> PageOf[SeenRoleShown]:
    """List the SCIM roles that a connection has pushed, which can be mapped to roles, by value."""
    found = await list_seen_roles(by.it, by.actor, connection)
    page = paging.of_all(found, lambda it: (it.value,))
    return paging.shown(page, SeenRoleShown.model_validate)


@router.post("/connections/{connection}/rules/validate")
async def validate(connection: str, given: RulesWanted, by: By) -> RulesShown:
    """Show the rules that a change would make, with warnings as of such rules; change nothing."""
    rules = await validate_rules(by.it, by.actor, connection, given.choices())
    warnings = await mapping_warnings(by.it, by.actor, connection, rules)
    return RulesShown(connection=connection, rules=rules, warnings=list(warnings))


@router.patch("/connections/{connection}/rules")
async def change(connection: str, given: RulesWanted, by: By) -> ChangedRulesShown:
    """Change the given choices; accounts and roles follow, past deactivations are not run again.

    A `role_map` replaces the whole mapping. People are left alone who have left downstream although
    the directory shows them as active.
    """
    done = await change_rules(by.it, by.actor, connection, given.choices())
    warnings = await mapping_warnings(by.it, by.actor, connection)
    return ChangedRulesShown(
        connection=connection,
        rules=done.rules,
        warnings=list(warnings),
        marked=done.marked,
        leavers=[LeaverShown.model_validate(it) for it in done.left_alone],
    )
