"""Does a group that is mapped by its id give its role, whatever its name is, and to nobody else?"""

from collections.abc import AsyncIterator, Mapping

import pytest

from api.admin.actors import COMMAND, Actor, Power
from api.admin.change_rules import change_rules, validate_rules
from api.admin.connections import open_connection
from api.admin.preview import WhatIf, preview
from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from api.admin.seen_names import (
    KEYS_PER_STATEMENT,
    NOTHING_PUSHED,
    SeenGroup,
    SeenRole,
    list_seen_roles,
    mapping_warnings,
    page_seen_groups,
)
from api.errors import UnknownConnection, UnknownGroup, UnusableRules
from api.outbox.events import render
from api.outbox.leasing import unleased_marks
from contracts.identity_changed import DashboardTerms
from contracts.rules import CreateCollaborator, DashboardRules, GroupLine, Portal, Role, RoleLine
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Installation, installation_on
from tests.readings.statements import asked_of

VIEWERS = DashboardRules(on_create=CreateCollaborator(role=Role.VIEWER))
ADA, BEN = "ada@acme.test", "ben@acme.test"
STRANGER = Actor("admin:1", "Other", Power.OWN)


@pytest.fixture
async def dashboard(databases: Databases) -> AsyncIterator[Installation]:
    """Give a dashboard where everybody is a Viewer."""
    async with installation_on(databases, VIEWERS) as installation:
        accounts = installation.inventory.accounts
        await accounts.add("Acme", Portal.DASHBOARD, "boss@acme.test", role=Role.ADMIN)
        yield installation


async def maps(installation: Installation, **roles: str) -> None:
    """Map groups by their ids."""
    lines = [GroupChoice(group, role) for group, role in roles.items()]
    it, connection = installation.administration, installation.ingress.connection
    await change_rules(it, COMMAND, connection, RuleChoices(group_map=lines))
    await installation.deliver()


async def renames(installation: Installation, group: str, name: str) -> None:
    """Give a group another name."""
    operation = {"op": "replace", "path": "displayName", "value": name}
    assert (await installation.ingress.patch(f"/Groups/{group}", operation)).is_success
    await installation.deliver()


async def roles(installation: Installation) -> Mapping[str | None, Role | None]:
    found = {account.email: account.role for account in await installation.accounts()}
    return {email: role for email, role in found.items() if email != "boss@acme.test"}


async def test_members_have_the_role_and_keep_it_when_the_group_is_renamed(
    dashboard: Installation,
) -> None:
    ada, _ = await dashboard.ingress.user(ADA), await dashboard.ingress.user(BEN)
    group = await dashboard.ingress.group("Muster Editors", ada)
    await dashboard.deliver()
    await maps(dashboard, **{group: "editor"})
    assert await roles(dashboard) == {ADA: Role.EDITOR, BEN: Role.VIEWER}
    await renames(dashboard, group, "Writers")
    assert await roles(dashboard) == {ADA: Role.EDITOR, BEN: Role.VIEWER}
    assert (await dashboard.compare()).findings == []


async def test_another_group_that_takes_the_name_gives_nothing(dashboard: Installation) -> None:
    ada, ben = await dashboard.ingress.user(ADA), await dashboard.ingress.user(BEN)
    group = await dashboard.ingress.group("Editors", ada)
    await maps(dashboard, **{group: "editor"})
    await renames(dashboard, group, "Writers")
    await dashboard.ingress.group("Editors", ben)
    await dashboard.deliver()
    assert await roles(dashboard) == {ADA: Role.EDITOR, BEN: Role.VIEWER}


async def test_a_mapped_role_ends_with_the_membership_and_with_the_group(
    dashboard: Installation,
) -> None:
    ada, ben = await dashboard.ingress.user(ADA), await dashboard.ingress.user(BEN)
    group = await dashboard.ingress.group("Editors", ada, ben)
    await dashboard.deliver()
    await maps(dashboard, **{group: "editor"})
    assert set((await roles(dashboard)).values()) == {Role.EDITOR}
    leaving = {"op": "remove", "path": f'members[value eq "{ben}"]'}
    assert (await dashboard.ingress.patch(f"/Groups/{group}", leaving)).is_success
    await dashboard.deliver()
    assert await roles(dashboard) == {ADA: Role.EDITOR, BEN: Role.VIEWER}
    assert (await dashboard.ingress.http.delete(f"/Groups/{group}")).is_success
    await dashboard.deliver()
    assert await roles(dashboard) == {ADA: Role.VIEWER, BEN: Role.VIEWER}
    [warning] = await mapping_warnings(
        dashboard.administration, COMMAND, dashboard.ingress.connection
    )
    assert warning == NOTHING_PUSHED


async def test_a_preview_of_a_mapping_by_id_is_what_then_happens(dashboard: Installation) -> None:
    ada = await dashboard.ingress.user(ADA)
    group = await dashboard.ingress.group("Editors", ada)
    await dashboard.deliver()
    it, connection = dashboard.administration, dashboard.ingress.connection
    choices = RuleChoices(group_map=[GroupChoice(group, "editor")])
    [effect] = [each async for each in await preview(it, COMMAND, connection, WhatIf(choices))]
    assert effect.after is not None
    assert (effect.identity, effect.after["role"]) == (ada, "editor")
    assert await roles(dashboard) == {ADA: Role.VIEWER}
    await maps(dashboard, **{group: "editor"})
    assert await roles(dashboard) == {ADA: Role.EDITOR}


async def test_only_groups_that_were_pushed_are_mapped_by_their_ids(
    dashboard: Installation,
) -> None:
    it, connection = dashboard.administration, dashboard.ingress.connection
    choices = RuleChoices(group_map=[GroupChoice("nothing", "editor")])
    with pytest.raises(UnknownGroup):
        await change_rules(it, COMMAND, connection, choices)
    with pytest.raises(UnknownGroup):
        await preview(it, COMMAND, connection, WhatIf(choices))
    rules = DashboardRules(group_map=(GroupLine(group="nothing", role=Role.EDITOR),))
    with pytest.raises(UnusableRules):
        await open_connection(it, COMMAND, "Acme", rules)


async def test_a_mapping_by_ids_costs_two_statements_a_batch_and_one_by_names_none(
    dashboard: Installation,
) -> None:
    people = [await dashboard.ingress.user(f"{n}@acme.test") for n in range(3)]
    group = await dashboard.ingress.group("Editors", *people)
    it, connection = dashboard.administration, dashboard.ingress.connection
    database = dashboard.ingress.database

    async def cost(choices: RuleChoices) -> tuple[int, set[int]]:
        await change_rules(it, COMMAND, connection, choices)
        async with database.snapshot() as db:
            marks = await unleased_marks(db, connection, people)
            with asked_of(database) as asked:
                events = await render(db, marks)
        lines = {len(it.terms.role_lines) for it in events if isinstance(it.terms, DashboardTerms)}
        return len(asked.statements), lines

    assert await cost(RuleChoices(role="viewer")) == (1, {0})
    assert await cost(RuleChoices(role_map=[RoleChoice("Editors", "editor")])) == (1, {1})
    by_id = RuleChoices(role_map=[], group_map=[GroupChoice(group, "editor")])
    assert await cost(by_id) == (3, {1})


# --- what was pushed --------------------------------------------------------------------------


async def test_groups_and_roles_that_were_pushed_are_shown_with_what_they_map_to(
    dashboard: Installation,
) -> None:
    it, connection = dashboard.administration, dashboard.ingress.connection
    await dashboard.ingress.user(ADA, roles=[{"value": " writer"}, {"value": "reader"}])
    ids = {name: await dashboard.ingress.group(name) for name in ("b", "A", "c")}
    choices = RuleChoices(
        role_map=[RoleChoice("a", "viewer"), RoleChoice("writer", "editor")],
        group_map=[GroupChoice(ids["A"], "admin")],
    )
    await change_rules(it, COMMAND, connection, choices)
    first = await page_seen_groups(it, COMMAND, connection, most=2)
    rest = await page_seen_groups(it, COMMAND, connection, after=first.next, most=2)
    assert [*first.items, *rest.items] == [
        SeenGroup(ids["A"], "A", Role.ADMIN),
        SeenGroup(ids["b"], "b", None),
        SeenGroup(ids["c"], "c", None),
    ]
    assert await list_seen_roles(it, COMMAND, connection) == [
        SeenRole("reader", None),
        SeenRole("writer", Role.EDITOR),
    ]


async def test_a_mapping_without_any_pushed_group_is_warned_of(databases: Databases) -> None:
    rules = DashboardRules(role_map=(RoleLine(name="Admins", role=Role.ADMIN),))
    async with installation_on(databases, rules) as installation:
        it, connection = installation.administration, installation.ingress.connection
        await installation.ingress.user(ADA)
        assert await mapping_warnings(it, COMMAND, connection) == [NOTHING_PUSHED]
        group = await installation.ingress.group("Staff")
        [never] = await mapping_warnings(it, COMMAND, connection)
        assert "'Admins' was pushed" in never
        mapped = RuleChoices(role_map=[], group_map=[GroupChoice(group, "editor")])
        await change_rules(it, COMMAND, connection, mapped)
        await installation.ingress.group("Others")
        assert (await installation.ingress.http.delete(f"/Groups/{group}")).is_success
        [warning] = await mapping_warnings(it, COMMAND, connection)
        assert group in warning


async def test_each_mapped_name_that_was_never_pushed_is_warned_of(
    dashboard: Installation,
) -> None:
    it, connection = dashboard.administration, dashboard.ingress.connection
    await dashboard.ingress.user(ADA, roles=[{"value": "Writer"}])
    await dashboard.ingress.group("Staff")
    names = ["staff ", "WRITER", "Nope", *(f"Nope {n}" for n in range(KEYS_PER_STATEMENT))]
    choices = RuleChoices(role_map=[RoleChoice(name, "admin") for name in names])
    tried = await validate_rules(it, COMMAND, connection, choices)
    assert await mapping_warnings(it, COMMAND, connection) == []
    warnings = await mapping_warnings(it, COMMAND, connection, tried)
    assert warnings == [
        f"no group and no role {name!r} was pushed, which is mapped to a role" for name in names[2:]
    ]
    await change_rules(it, COMMAND, connection, choices)
    assert await mapping_warnings(it, COMMAND, connection) == warnings


async def test_what_another_workspace_has_pushed_is_unknown(dashboard: Installation) -> None:
    it, connection = dashboard.administration, dashboard.ingress.connection
    for asked in (
        page_seen_groups(it, STRANGER, connection),
        list_seen_roles(it, STRANGER, connection),
        mapping_warnings(it, STRANGER, connection),
    ):
        with pytest.raises(UnknownConnection):
            await asked
