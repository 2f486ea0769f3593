"""What becomes of a person whom an administrator locks, whatever the provider goes on sending?"""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from api.admin.actors import COMMAND, Actor, Power
from api.admin.brakes import change_brake
from api.admin.delete_connection import delete_connection
from api.admin.list_audit import list_changes
from api.admin.lock_person import PersonLock, lock_person, unlock_person
from api.directory.closing import People
from api.directory.connection_states import Verb
from api.directory.leavings import Leaving
from api.directory.tables import Identity
from api.errors import ConnectionCloses, NotAllowed, NotLocked, UnknownConnection
from contracts.rules import CreateMdmEmployee, MdmRules, UnassignDevices
from deploy.databases.open_databases import Databases
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation, installation_on
from tests.drivers.in_process import USER
from tests.servers.lost_commits import losing_commits

ADA = "ada@acme.test"
LEAVE = {"op": "replace", "path": "active", "value": False}
COME_BACK = {"op": "replace", "path": "active", "value": True}
FORGET = {"op": "remove", "path": "active"}
OWNER = Actor("admin:1", "Acme", Power.OWN)
VIEWER = Actor("admin:2", "Acme", Power.VIEW)
STRANGER = Actor("admin:3", "Other", Power.OWN)


async def lock(installation: Installation, text: str = ADA, actor: Actor = COMMAND) -> PersonLock:
    it = installation.administration
    return await lock_person(it, actor, installation.ingress.connection, text)


async def unlock(installation: Installation, text: str = ADA) -> PersonLock:
    it = installation.administration
    return await unlock_person(it, COMMAND, installation.ingress.connection, text)


async def has_account(installation: Installation) -> bool:
    """Deliver what is marked; return whether an account is live."""
    await installation.deliver()
    return any(not account.removed for account in await installation.accounts())


async def put(installation: Installation, id_: str, **attributes: Any) -> Mapping[str, Any]:
    """Replace a user, who is active unless said otherwise; return the answer."""
    body = {"schemas": [USER], "userName": ADA, "active": True} | attributes
    answer = await installation.ingress.send("PUT", f"/Users/{id_}", body)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_a_locked_person_is_gone_and_comes_back_when_unlocked(
    installation: Installation,
) -> None:
    id_ = await installation.ingress.user(ADA)
    assert await has_account(installation)
    done = await lock(installation)
    assert (done.identity, done.active, done.deactivation) == (id_, False, "remove-employee")
    assert done.locked_at is not None
    identity = await installation.ingress.identity(id_)
    assert identity["dirty_lane"] == 0, "the urgent lane"
    assert not await has_account(installation)
    assert await lock(installation) == done, "a repetition changes nothing"
    back = await unlock(installation)
    assert (back.active, back.locked_at) == (True, None)
    assert await has_account(installation)
    with pytest.raises(NotLocked):
        await unlock(installation)


async def test_nobody_is_locked_or_unlocked_in_a_connection_that_is_being_deleted(
    installation: Installation,
) -> None:
    await installation.ingress.user(ADA)
    await lock(installation)
    it, connection = installation.administration, installation.ingress.connection
    await delete_connection(it, COMMAND, connection, People.KEEP)
    for change in (lock, unlock):
        with pytest.raises(ConnectionCloses):
            await change(installation)


async def test_the_provider_sees_what_it_pushed_and_may_repeat_it(
    installation: Installation,
) -> None:
    id_ = await installation.ingress.user(ADA, displayName="Ada")
    before = (await installation.ingress.send("GET", f"/Users/{id_}")).json()
    await lock(installation)
    assert (await installation.ingress.send("GET", f"/Users/{id_}")).json() == before
    await put(installation, id_, displayName="Ada")
    assert (await put(installation, id_, displayName="Zoe"))["active"] is True
    await installation.ingress.patch(f"/Users/{id_}", COME_BACK)
    await installation.ingress.patch(f"/Users/{id_}", FORGET)
    await installation.ingress.group("Sales", id_)
    assert not await has_account(installation)
    assert (await installation.ingress.identity(id_))["locked_at"] is not None
    await unlock(installation)
    assert await has_account(installation)
    [account] = await installation.accounts()
    assert account.groups == ("Sales",)


async def test_a_deactivation_by_the_provider_ends_the_lock(installation: Installation) -> None:
    id_ = await installation.ingress.user(ADA)
    await lock(installation)
    await installation.ingress.patch(f"/Users/{id_}", LEAVE)
    identity = await installation.ingress.identity(id_)
    assert (identity["active"], identity["locked_at"], identity["leaving"]) == (False, None, None)
    with pytest.raises(NotLocked):
        await unlock(installation)
    assert not await has_account(installation)
    await installation.ingress.patch(f"/Users/{id_}", COME_BACK)
    assert await has_account(installation), "the provider has brought the person back"


async def test_a_deletion_by_the_provider_ends_the_lock(installation: Installation) -> None:
    id_ = await installation.ingress.user(ADA)
    assert await has_account(installation)
    await lock(installation)
    await installation.ingress.send("DELETE", f"/Users/{id_}")
    assert (await installation.ingress.identity(id_))["locked_at"] is None
    assert not await has_account(installation)
    with pytest.raises(NotLocked):
        await unlock(installation, id_)


@pytest.mark.parametrize("leaving", Leaving)
async def test_a_lock_lets_a_leaving_go_that_a_brake_keeps_back(
    installation: Installation, leaving: Leaving
) -> None:
    id_ = await installation.ingress.user(ADA)
    assert await has_account(installation)
    await installation.ingress.patch(f"/Users/{id_}", LEAVE)
    async with installation.ingress.database.write() as db:
        of_ada = update(Identity).where(col(Identity.id) == id_)
        await db.execute(of_ada.values(leaving=leaving, held_since=1, dirty_lane=None))
    done = await lock(installation)
    assert (done.active, done.locked_at) == (False, None)
    identity = await installation.ingress.identity(id_)
    assert (identity["leaving"], identity["earlier_leaving"]) == (None, None)
    assert identity["held_since"] is None
    assert not await has_account(installation)
    with pytest.raises(NotLocked):
        await unlock(installation)


async def test_a_lock_passes_a_brake_that_has_tripped_and_is_not_counted(
    installation: Installation,
) -> None:
    ingress, it = installation.ingress, installation.administration
    people = {
        name: await ingress.user(f"{name}@acme.test") for name in ("ada", "ben", "eve", "joe")
    }
    await installation.deliver()
    await change_brake(it, COMMAND, ingress.connection, "1:1")

    async def live() -> set[str | None]:
        await installation.deliver()
        return {each.email for each in await installation.accounts() if not each.removed}

    await lock(installation, "joe@acme.test")
    assert await live() == {"ada@acme.test", "ben@acme.test", "eve@acme.test"}
    for name in ("ben", "eve"):
        await ingress.patch(f"/Users/{people[name]}", LEAVE)
        left = await live()
    assert left == {"ada@acme.test", "eve@acme.test"}, "one may leave, and the lock is not that one"
    await lock(installation, ADA)
    assert await live() == {"eve@acme.test"}
    assert (await lock(installation, "eve@acme.test")).locked_at is None
    assert await live() == set()


async def test_a_leaver_whom_the_directory_has_lost_is_locked_in_the_providers_place(
    installation: Installation,
) -> None:
    id_ = await installation.ingress.user(ADA)
    await installation.deliver()
    async with losing_commits(installation.ingress.database):
        await installation.ingress.patch(f"/Users/{id_}", LEAVE)
        await installation.deliver()
    assert len((await installation.compare()).leavers) == 1
    await lock(installation)
    assert not await has_account(installation)
    comparison = await installation.compare()
    assert (comparison.leavers, comparison.findings) == ([], [])


async def test_the_rules_say_what_a_lock_does_to_devices_once(databases: Databases) -> None:
    rules = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=UnassignDevices())
    async with installation_on(databases, rules) as installation:
        await installation.ingress.user(ADA)
        await installation.deliver()
        devices = installation.inventory.devices
        await devices.add("Acme", "S-1", assigned_to=ADA)
        await lock(installation)
        await unlock(installation)
        await installation.deliver()
        [device] = [each async for each in devices.of_workspace("Acme")]
        assert device.assigned_to is None, "a lock that was ended at once has had its effects"
        await devices.assign("Acme", "S-1", ADA)
        await installation.ingress.user("ben@acme.test")
        await installation.deliver()
        [device] = [each async for each in devices.of_workspace("Acme")]
        assert device.assigned_to == ADA


async def test_a_lock_of_a_paused_connection_says_that_it_waits(
    installation: Installation,
) -> None:
    await installation.ingress.user(ADA)
    await installation.deliver()
    await stand(installation.ingress.database, installation.ingress.connection, Verb.PAUSE)
    assert (await lock(installation)).waits == "paused"
    assert await has_account(installation)
    await stand(installation.ingress.database, installation.ingress.connection, Verb.RESUME)
    assert not await has_account(installation)


async def test_locks_are_audited_without_a_name_and_once(installation: Installation) -> None:
    id_ = await installation.ingress.user(ADA)
    for _ in range(2):
        await lock(installation, ADA, OWNER)
    await unlock(installation)
    connection = installation.ingress.connection
    changes = await list_changes(installation.administration, OWNER, connection=connection, most=2)
    assert [(it.action, it.actor, it.subject) for it in changes] == [
        ("people.unlock", "command", id_),
        ("people.lock", "admin:1", id_),
    ]
    assert changes[1].before == {"active": True, "locked": False, "leaving": None}
    assert changes[1].after == {"active": False, "locked": True, "leaving": None}
    assert ADA not in str(changes)


async def test_only_an_owner_of_the_workspace_locks(installation: Installation) -> None:
    await installation.ingress.user(ADA)
    with pytest.raises(NotAllowed):
        await lock(installation, ADA, VIEWER)
    with pytest.raises(UnknownConnection):
        await lock(installation, ADA, STRANGER)
    assert await has_account(installation)
