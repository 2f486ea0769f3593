"""What becomes of accounts made by hand that a provider pushes? From SCIM to the account."""

from collections.abc import Mapping

from contracts.rules import (
    CreateCollaborator,
    DashboardRules,
    Portal,
    RemoveCollaborator,
    Role,
    RoleLine,
)
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Installation, installation_on
from worker.platforms.sql.inventory import Inventory

ADA, BOSS, OTHERS = "ada@acme.test", "boss@acme.test", "mallory@evil.test"
ADMINS = RoleLine(name="Admins", role=Role.ADMIN)
VIEWER = CreateCollaborator(role=Role.VIEWER)


async def by_hand(databases: Databases, **people: Role) -> None:
    inventory = Inventory(databases.downstream)
    for name, role in people.items():
        await inventory.accounts.add("Acme", Portal.DASHBOARD, f"{name}@acme.test", role=role)


async def takes(installation: Installation, person: str, email: str) -> None:
    """Let the provider change an address."""
    address = [{"value": email, "primary": True}]
    change = {"op": "replace", "path": "emails", "value": address}
    assert (await installation.ingress.patch(f"/Users/{person}", change)).is_success
    await installation.deliver()


async def roles(installation: Installation) -> Mapping[str | None, Role | None]:
    return {account.email: account.role for account in await installation.accounts()}


async def test_an_admin_by_hand_is_not_renamed_by_a_connection_that_gives_nothing(
    databases: Databases,
) -> None:
    await by_hand(databases, ada=Role.ADMIN)
    async with installation_on(databases, DashboardRules()) as installation:
        ada = await installation.ingress.user(ADA, displayName="Ada")
        await installation.deliver()
        await takes(installation, ada, OTHERS)
        [account] = await installation.accounts()
        assert (account.email, account.role, account.protected) == (ADA, Role.ADMIN, True)
        assert account.connection == installation.ingress.connection


async def test_any_line_of_the_mapping_lets_a_connection_adopt_an_admin(
    databases: Databases,
) -> None:
    await by_hand(databases, ada=Role.ADMIN, boss=Role.ADMIN)
    rules = DashboardRules(on_create=VIEWER, role_map=(ADMINS,))
    async with installation_on(databases, rules) as installation:
        ada = await installation.ingress.user(ADA)
        await installation.deliver()
        await takes(installation, ada, OTHERS)
        assert await roles(installation) == {OTHERS: Role.VIEWER, BOSS: Role.ADMIN}


async def test_who_comes_after_a_mapped_admin_and_is_in_no_group_has_the_role_by_hand(
    databases: Databases,
) -> None:
    await by_hand(databases, ada=Role.VIEWER, boss=Role.ADMIN)
    async with installation_on(databases, DashboardRules(role_map=(ADMINS,))) as installation:
        ada = await installation.ingress.user(ADA)
        await installation.ingress.group("Admins", ada)
        await installation.deliver()
        assert (await roles(installation))[ADA] is Role.ADMIN
        await installation.ingress.send("DELETE", f"/Users/{ada}")
        await installation.deliver()
        assert (await roles(installation))[ADA] is Role.VIEWER
        await installation.ingress.user(ADA)
        await installation.deliver()
        assert (await roles(installation))[ADA] is Role.VIEWER
        assert (await installation.compare()).findings == []


async def test_a_removed_admin_comes_back_as_the_rule_makes_people(databases: Databases) -> None:
    await by_hand(databases, ada=Role.ADMIN, boss=Role.ADMIN)
    rules = DashboardRules(on_create=VIEWER, on_deactivate=RemoveCollaborator())
    async with installation_on(databases, rules) as installation:
        ada = await installation.ingress.user(ADA)
        await installation.deliver()
        for active in (False, True):
            change = {"op": "replace", "path": "active", "value": active}
            await installation.ingress.patch(f"/Users/{ada}", change)
            await installation.deliver()
        await takes(installation, ada, OTHERS)
        assert await roles(installation) == {OTHERS: Role.VIEWER, BOSS: Role.ADMIN}
