"""Do administrators find who waits for an address, and does their word hold on both sides?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from api.admin.actors import COMMAND, Actor, Power
from api.admin.administration import Administration
from api.admin.conflicts import (
    ShownConflict,
    list_conflicts,
    move_conflict,
    page_conflicts,
    release_conflict,
    show_conflict,
)
from api.admin.list_audit import ListedChange, list_changes
from api.errors import HolderIsActive, NotAllowed, UnknownConnection, UnknownWorkspace
from contracts.rules import CreateEmployee, LeaveAlone, StoreRules
from deploy.administration import administration_of
from deploy.databases.open_databases import Databases
from deploy.settings import Settings
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.in_process import Ingress
from worker.errors import EmailExists, UnknownConflict

KEEP = StoreRules(on_create=CreateEmployee(), on_deactivate=LeaveAlone())
ADA, ELSEWHERE = "ada@acme.test", "ada.king@acme.test"
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


@dataclass(frozen=True, slots=True)
class Twins:
    """Two directories of a store, each of which has pushed an Ada: the first one has the account.

    ``it`` is what use cases work with.
    """

    it: Administration
    first: Installation
    second: Installation
    holder: str
    waiting: str

    @property
    def connection(self) -> str:
        """Return the connection whose Ada waits."""
        return self.second.ingress.connection

    async def account(self) -> dict[str | None, tuple[str | None, str | None]]:
        """Return who holds the account of each address."""
        return {it.email: (it.connection, it.identity) for it in await self.first.accounts()}

    async def conflicts(self) -> list[ShownConflict]:
        """Return all conflicts."""
        return [each async for each in list_conflicts(self.it, VIEWER, "Acme")]

    async def audited(self) -> list[ListedChange]:
        """Return the changes of conflicts, the latest first."""
        changes = await list_changes(self.it, COMMAND)
        return [change for change in changes if change.action.startswith("conflicts.")]


@pytest.fixture
async def twins(databases: Databases) -> AsyncIterator[Twins]:
    """Give two people in each other's way."""
    async with (
        installation_on(databases, KEEP) as first,
        installation_on(databases, KEEP) as second,
    ):
        holder = await first.ingress.user(ADA, displayName="Ada")
        await first.deliver()
        waiting = await second.ingress.user(ADA, displayName="Ada")
        await second.deliver()
        it = administration_of(databases, Settings())
        yield Twins(it, first, second, holder, waiting)


async def leaves(ingress: Ingress, person: str) -> None:
    operation = {"op": "replace", "path": "active", "value": False}
    assert (await ingress.patch(f"/Users/{person}", operation)).is_success


async def test_a_conflict_shows_whether_the_holder_is_active(twins: Twins) -> None:
    [found] = await twins.conflicts()
    assert (found.identity, found.holder_identity) == (twins.waiting, twins.holder)
    assert (found.email, found.holder_active) == (ADA, True)
    await leaves(twins.first.ingress, twins.holder)
    [pending] = await twins.conflicts()
    assert pending.holder_active, "the leaving has not been applied"
    await twins.first.deliver()
    [gone] = await twins.conflicts()
    assert not gone.holder_active
    assert await show_conflict(twins.it, VIEWER, twins.connection, twins.waiting) == gone


async def test_an_account_of_somebody_who_left_goes_to_who_waits(twins: Twins) -> None:
    await leaves(twins.first.ingress, twins.holder)
    await twins.first.deliver()
    [before] = await twins.first.accounts()
    given = await release_conflict(twins.it, OWNER, twins.connection, twins.waiting)
    assert (given.id, given.identity) == (before.id, twins.waiting)
    await twins.first.deliver()
    assert await twins.account() == {ADA: (twins.connection, twins.waiting)}
    assert await twins.conflicts() == []
    assert (await twins.first.compare()).findings == []


async def test_an_account_of_somebody_active_is_taken_on_demand_only(twins: Twins) -> None:
    with pytest.raises(HolderIsActive):
        await release_conflict(twins.it, OWNER, twins.connection, twins.waiting)
    assert await twins.account() == {ADA: (twins.first.ingress.connection, twins.holder)}
    assert await twins.audited() == []
    await release_conflict(twins.it, OWNER, twins.connection, twins.waiting, from_active=True)
    await twins.first.deliver()
    assert await twins.account() == {ADA: (twins.connection, twins.waiting)}
    [turned] = await twins.conflicts()
    assert (turned.identity, turned.holder_identity) == (twins.holder, twins.waiting)
    assert (await twins.first.compare()).findings == []


async def test_a_moved_address_stays_moved_whatever_both_providers_push(twins: Twins) -> None:
    given = await move_conflict(twins.it, OWNER, twins.connection, twins.waiting, ELSEWHERE)
    assert given is not None
    assert (given.email, given.identity) == (ADA, twins.waiting)
    for installation in (twins.first, twins.second):
        person = twins.holder if installation is twins.first else twins.waiting
        change = {"op": "replace", "path": "displayName", "value": "Ada King"}
        assert (await installation.ingress.patch(f"/Users/{person}", change)).is_success
        await installation.deliver()
    assert await twins.account() == {
        ELSEWHERE: (twins.first.ingress.connection, twins.holder),
        ADA: (twins.connection, twins.waiting),
    }
    [turned] = await twins.conflicts()
    assert (turned.identity, turned.action) == (twins.holder, "change_email")
    assert (await twins.first.compare()).findings == []


async def test_a_resolution_is_audited_by_ids_and_a_refused_one_as_failed(twins: Twins) -> None:
    [account] = await twins.first.accounts()
    await twins.first.inventory.accounts.add("Acme", account.portal, ELSEWHERE)
    with pytest.raises(EmailExists):
        await move_conflict(twins.it, OWNER, twins.connection, twins.waiting, ELSEWHERE)
    await move_conflict(twins.it, OWNER, twins.connection, twins.waiting, "other@acme.test")
    logged = await twins.audited()
    assert [it.outcome for it in logged] == ["done", "begun", "failed", "begun"]
    done, *_ = logged
    assert (done.connection, done.subject) == (twins.connection, twins.waiting)
    assert done.before == {
        "account": account.id,
        "connection": twins.first.ingress.connection,
        "identity": twins.holder,
        "active": True,
    }
    assert "@" not in str(await list_changes(twins.it, COMMAND))


async def test_conflicts_of_another_workspace_are_unknown(twins: Twins) -> None:
    place = twins.connection, twins.waiting
    for asked in (
        show_conflict(twins.it, STRANGER, *place),
        release_conflict(twins.it, STRANGER, *place, from_active=True),
        move_conflict(twins.it, STRANGER, *place, ELSEWHERE),
    ):
        with pytest.raises(UnknownConnection):
            await asked
    with pytest.raises(UnknownWorkspace):
        await page_conflicts(twins.it, STRANGER, "Acme")
    for asked in (
        release_conflict(twins.it, VIEWER, *place, from_active=True),
        move_conflict(twins.it, VIEWER, *place, ELSEWHERE),
    ):
        with pytest.raises(NotAllowed):
            await asked
    with pytest.raises(UnknownConflict):
        await show_conflict(twins.it, VIEWER, twins.first.ingress.connection, twins.holder)
    assert await twins.account() == {ADA: (twins.first.ingress.connection, twins.holder)}
