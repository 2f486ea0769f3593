"""Do blanks around names keep apart what is one? From SCIM to the account."""

import pytest

from contracts.rules import CreateCollaborator, DashboardRules, Portal, Role, RoleLine
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import installation_on
from tests.drivers.in_process import GROUP, USER
from tests.identity_providers.answers import error_of
from worker.platforms.sql.inventory import Inventory

ADA = "ada@acme.test"
RULES = DashboardRules(
    on_create=CreateCollaborator(role=Role.VIEWER),
    role_map=(
        RoleLine(name=" Admins", role=Role.ADMIN),
        RoleLine(name="Editors", role=Role.EDITOR),
    ),
)
BLANKS = [" ", "\ufeff\u2009"]
"""A blank of every keyboard, and others: ``tests/unit/contracts/test_names.py`` has all."""


@pytest.mark.parametrize("blank", BLANKS)
async def test_an_account_is_linked_by_an_address_with_blanks(
    databases: Databases, blank: str
) -> None:
    await Inventory(databases.downstream).accounts.add("Acme", Portal.DASHBOARD, ADA)
    async with installation_on(databases, RULES) as installation:
        emails = [{"value": f"{blank}{ADA}{blank}"}]
        person = await installation.ingress.user(f"ada{blank}", emails=emails)
        await installation.deliver()
        [account] = await installation.accounts()
        assert (account.email, account.connection) == (ADA, installation.ingress.connection)
        shown = (await installation.ingress.send("GET", f"/Users/{person}")).json()
        assert (shown["emails"], shown["userName"]) == (emails, f"ada{blank}"), "as it was sent"


@pytest.mark.parametrize("blank", BLANKS)
async def test_groups_and_roles_map_with_blanks(databases: Databases, blank: str) -> None:
    async with installation_on(databases, RULES) as installation:
        roles = [{"value": f"{blank}editors{blank}"}]
        ada = await installation.ingress.user(ADA, roles=roles)
        await installation.deliver()
        [account] = await installation.accounts()
        assert account.role is Role.EDITOR
        await installation.ingress.group(f"{blank}Admins{blank}", ada)
        await installation.deliver()
        [account] = await installation.accounts()
        assert account.role is Role.ADMIN
        shown = (await installation.ingress.send("GET", "/Groups")).json()["Resources"]
        assert shown[0]["displayName"] == f"{blank}Admins{blank}"


@pytest.mark.parametrize("blank", BLANKS)
async def test_names_that_differ_by_blanks_do_not_stand_beside_each_other(
    databases: Databases, blank: str
) -> None:
    async with installation_on(databases, RULES) as installation:
        ingress = installation.ingress
        padded, plain = await ingress.group(f"Admins{blank}"), await ingress.group("Weavers")
        ada, ben = await ingress.user(f"{blank}ada"), await ingress.user("ben")
        for path, body in (
            ("/Groups", {"schemas": [GROUP], "displayName": "Admins"}),
            ("/Groups", {"schemas": [GROUP], "displayName": f"{blank}admins"}),
            ("/Users", {"schemas": [USER], "userName": "ADA"}),
        ):
            error_of(await ingress.send("POST", path, body), 409, "uniqueness")
        for path, name, value in (
            (f"/Groups/{plain}", "displayName", "Admins"),
            (f"/Users/{ben}", "userName", f"Ada{blank}"),
        ):
            renaming = {"op": "replace", "path": name, "value": value}
            error_of(await ingress.patch(path, renaming), 409, "uniqueness")
        for sought in ("Admins", f"admins{blank}", f"{blank}ADMINS"):
            assert await ingress.found("/Groups", f'displayName eq "{sought}"') == [padded]
        for sought in ("ada", f"{blank}ada"):
            assert await ingress.found("/Users", f'userName eq "{sought}"') == [ada]
            by_both = f'userName eq "{sought}" and active eq true'
            assert await ingress.found("/Users", by_both) == [ada]


@pytest.mark.parametrize("blank", BLANKS)
async def test_blanks_alone_are_no_name(databases: Databases, blank: str) -> None:
    async with installation_on(databases, RULES) as installation:
        ingress = installation.ingress
        for path, body in (
            ("/Groups", {"schemas": [GROUP], "displayName": blank}),
            ("/Users", {"schemas": [USER], "userName": blank}),
        ):
            assert "blank" in error_of(await ingress.send("POST", path, body), 400, "invalidValue")
        await ingress.user("ada", emails=[{"value": blank}], displayName=blank)
        await installation.deliver()
        assert await installation.accounts() == [], "there is no address"
