"""Whose is an address that somebody who left has had? From SCIM to the account."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from contracts.clock import now
from contracts.rules import CreateEmployee, StoreRules
from deploy.databases.open_databases import Databases
from tests.drivers.both_sides import Installation, installation_on
from worker.apply import apply_replans
from worker.platforms.sql.mapping import ACCOUNTS
from worker.sync.replans import find_due

KEEP = StoreRules(on_create=CreateEmployee())
ADA = "ada@acme.test"
OBJECT = "c0ffee00" * 4


async def patched(installation: Installation, person: str, **values: object) -> None:
    """Send a PATCH of its own for each value, and deliver what it changes."""
    for name, value in values.items():
        operation = {"op": "Replace", "path": name, "value": value}
        assert (await installation.ingress.patch(f"/Users/{person}", operation)).is_success
        await installation.deliver()


async def addresses(installation: Installation) -> Mapping[str | None, str]:
    """Return what the account of each address is called."""
    async with installation.downstream.read() as db:
        rows = await db.execute(select(ACCOUNTS.c.email, ACCOUNTS.c.display_name))
        return dict(rows.all())


async def ids(installation: Installation) -> Mapping[str, str]:
    """Return the ids of accounts by what they are called."""
    async with installation.downstream.read() as db:
        rows = await db.execute(select(ACCOUNTS.c.display_name, ACCOUNTS.c.id))
        return dict(rows.all())


async def replan(installation: Installation) -> None:
    """Plan again whoever is due."""
    async with installation.downstream.read() as db:
        due = await find_due(db, now(), 100)
    await apply_replans(installation.downstream, dict(due), now())


async def test_a_new_hire_gets_the_address_of_somebody_soft_deleted(databases: Databases) -> None:
    async with installation_on(databases, KEEP) as installation:
        ada = await installation.ingress.user(ADA, displayName="Ada")
        await installation.deliver()
        await patched(installation, ada, userName=f"{OBJECT}{ADA}")
        assert await addresses(installation) == {ADA: "Ada"}, "a rename before waits"
        await patched(installation, ada, active="False")
        assert await addresses(installation) == {ADA: "Ada"}
        await installation.ingress.user(ADA, displayName="Another Ada")
        await installation.deliver()
        assert await addresses(installation) == {ADA: "Another Ada", f"{OBJECT}{ADA}": "Ada"}
        assert (await installation.compare()).findings == []


async def test_who_is_restored_in_two_steps_has_the_real_name(databases: Databases) -> None:
    async with installation_on(databases, KEEP) as installation:
        ada = await installation.ingress.user(ADA, displayName="Ada")
        await installation.deliver()
        for away, back in (
            ({"userName": f"{OBJECT}{ADA}", "active": False}, {"active": True, "userName": ADA}),
            ({"active": False, "userName": f"{OBJECT}{ADA}"}, {"userName": ADA, "active": True}),
        ):
            await patched(installation, ada, **away)
            await patched(installation, ada, **back)
            assert await addresses(installation) == {ADA: "Ada"}
            assert (await installation.compare()).findings == []


@pytest.mark.parametrize("claims_first", [True, False])
async def test_a_new_hire_gets_the_old_address_of_somebody_inactive(
    databases: Databases, claims_first: bool
) -> None:
    async with installation_on(databases, KEEP) as installation:
        ada = await installation.ingress.user("ada", displayName="Ada", emails=[{"value": ADA}])
        await installation.deliver()
        before = (await ids(installation))["Ada"]
        await patched(installation, ada, active=False)
        moved = {"emails": [{"value": "ada.king@acme.test"}]}
        if not claims_first:
            await patched(installation, ada, **moved)
        await installation.ingress.user(ADA, displayName="New")
        await installation.deliver()
        if claims_first:
            assert await addresses(installation) == {ADA: "Ada"}
            await patched(installation, ada, **moved)
            await replan(installation)
        assert await addresses(installation) == {ADA: "New", "ada.king@acme.test": "Ada"}
        assert (await ids(installation))["Ada"] == before
        assert (await installation.compare()).findings == []
