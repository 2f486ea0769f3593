"""What does every platform promise? Facts that stay until they are saved, and effects as planned.

Sync is not asked here: the tests say themselves which identity holds which account.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.exc import DBAPIError

from contracts.identity_changed import IdentityChanged
from contracts.rules import ChangePolicy, Portal, RemoveUser, Role
from tests.conformance.batches import Batch, facts_for, save, save_within
from tests.conformance.platforms import Contents, PlatformUnderTest, SqlUnderTest
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    joiner,
    left,
    mdm,
    renamed,
)
from tests.servers.lent import Lent
from worker.dialects import DownstreamDatabase
from worker.planning.actions import (
    Action,
    ChangeAccount,
    ChangeDevicePolicy,
    CreateAccount,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
)
from worker.planning.facts import Account, Device
from worker.retries import is_locked_out


class CrashError(Exception):
    """The worker goes in the middle of a batch."""


OTHER = "globex"
"""Another workspace."""

NEXT = "ada.king@acme.test"
ADMINS = dashboard(Role.ADMIN)
REMOVE = mdm(RemoveUser())
LOCK = mdm(ChangePolicy(policy="locked"))

on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)
"""Rows are locked one by one there; SQLite has one writer at a time."""


@pytest.fixture
async def platform(lent_downstream: Lent[DownstreamDatabase]) -> PlatformUnderTest:
    """Give each platform in turn: today the worker's own tables, on either database."""
    it = await lent_downstream.lend()
    return SqlUnderTest(DownstreamDatabase(it.reading, it.writing))


def an_account(id_: str, email: str | None = ADA, portal: Portal = Portal.STORE) -> Account:
    """Return an account with all that one can have; without an e-mail it is removed."""
    return Account(
        id_,
        WORKSPACE,
        portal,
        email,
        display_name="Ada King",
        given_name="Ada",
        family_name="King",
        external_id="42",
        groups=("math", "poetry"),
        removed=email is None,
        made_by="okta",
    )


def an_admin(id_: str, workspace: str = WORKSPACE) -> Account:
    """Return an Admin of a workspace."""
    account = an_account(id_, f"{id_}@acme.test", Portal.DASHBOARD)
    return replace(account, workspace=workspace, role=Role.ADMIN, own_role=Role.ADMIN)


def a_device(serial: str, owner: Account | None, **fields: bool) -> Device:
    """Return a device of an account."""
    owner_id = None if owner is None else owner.id
    return Device(f"device-{serial}", WORKSPACE, serial, "office", owner_id, **fields)


def elsewhere(event: IdentityChanged) -> IdentityChanged:
    """Return the same event of the other workspace."""
    return event.model_copy(update={"workspace": OTHER})


def leaver(email: str | None = ADA, identity: str = "ada") -> IdentityChanged:
    """Return the event of somebody who left the MDM Portal."""
    return left(joiner(REMOVE, email, identity), REMOVE)


# --- facts: accounts ----------------------------------------------------------------------


async def test_the_account_that_an_identity_holds_is_loaded(platform: PlatformUnderTest) -> None:
    held, removed = an_account("held"), an_account("removed", None)
    await platform.furnish(accounts=[held, removed, an_account("other", BEN)])
    batch = Batch().add(joiner(STORE, None), holds="held")
    batch.add(joiner(STORE, None, "ben"), holds="removed")
    assert (await facts_for(platform, batch)).accounts == {"held": held, "removed": removed}


async def test_a_live_account_is_loaded_by_its_email_in_any_spelling(
    platform: PlatformUnderTest,
) -> None:
    account = an_account("made-by-hand")
    await platform.furnish(accounts=[account, an_account("other", BEN)])
    batch = Batch().add(joiner(STORE, ADA.upper()))
    assert (await facts_for(platform, batch)).accounts == {account.id: account}


async def test_an_email_counts_on_its_own_portal_and_workspace_alone(
    platform: PlatformUnderTest,
) -> None:
    account = an_account("account")
    there = replace(an_account("there"), workspace=OTHER)
    await platform.furnish(accounts=[account, there, an_account("mdm", portal=Portal.MDM)])
    assert (await facts_for(platform, Batch().add(joiner(STORE)))).accounts == {account.id: account}


async def test_the_account_with_the_email_that_somebody_inactive_waits_for_is_loaded(
    platform: PlatformUnderTest,
) -> None:
    taker = an_account("taker", NEXT)
    await platform.furnish(accounts=[taker])
    waits = renamed(joiner(STORE), waiting_email=NEXT)
    assert (await facts_for(platform, Batch().add(waits))).accounts == {taker.id: taker}


async def test_the_account_in_the_way_of_one_that_yields_its_email_is_loaded(
    platform: PlatformUnderTest,
) -> None:
    yielding, in_the_way = an_account("yielding"), an_account("in-the-way", NEXT)
    await platform.furnish(accounts=[yielding, in_the_way])
    batch = Batch().add(joiner(STORE, ADA, "claimant"))
    batch.held_by_another("yielding", waiting_email=NEXT)
    assert (await facts_for(platform, batch)).accounts.keys() == {"yielding", "in-the-way"}


async def test_holders_are_left_to_sync(platform: PlatformUnderTest) -> None:
    await platform.furnish(accounts=[an_account("made-by-hand")])
    batch = Batch().add(joiner(STORE))
    known = {record.key: record for record in batch.records}
    assert (await facts_for(platform, batch)).records == known


# --- facts: devices, policies, Admins -----------------------------------------------------


async def test_the_live_devices_of_a_leaver_are_loaded(platform: PlatformUnderTest) -> None:
    ada, ben = (an_account(name, f"{name}@acme.test", Portal.MDM) for name in ("ada", "ben"))
    laptop, phone = a_device("laptop", ada), a_device("phone", ada)
    gone, others = a_device("gone", ada, removed=True), a_device("tablet", ben)
    await platform.furnish(accounts=[ada, ben], devices=[laptop, phone, gone, others])
    loaded = await facts_for(platform, Batch().add(leaver(), holds="ada"))
    assert loaded.devices == {it.id: it for it in (laptop, phone)}


@pytest.mark.parametrize("stays", [joiner(REMOVE), leaver()], ids=["active", "left before"])
async def test_nothing_is_asked_about_devices_of_anybody_else(
    platform: PlatformUnderTest, stays: IdentityChanged
) -> None:
    ada = an_account("ada", portal=Portal.MDM)
    await platform.furnish(accounts=[ada], devices=[a_device("laptop", ada)])
    batch = Batch().add(stays, holds="ada", deactivated_at=stays.terms.deactivated_at)
    assert (await facts_for(platform, batch)).devices == {}


async def test_the_policies_that_leavers_name_are_looked_for_in_their_workspace(
    platform: PlatformUnderTest,
) -> None:
    names = [(WORKSPACE, "office"), (OTHER, "locked")]
    await platform.furnish(policies=names)
    gone = left(joiner(LOCK), LOCK)
    assert (await facts_for(platform, Batch().add(gone))).policies == set()
    await platform.furnish(policies=[(WORKSPACE, "locked")])
    assert (await facts_for(platform, Batch().add(gone))).policies == {(WORKSPACE, "locked")}


async def test_live_admins_are_counted_in_each_workspace(platform: PlatformUnderTest) -> None:
    gone = replace(an_admin("gone"), email=None, removed=True)
    viewer = replace(an_admin("viewer"), role=Role.VIEWER)
    there = [an_admin("boss", OTHER), an_admin("chair", OTHER)]
    await platform.furnish(accounts=[an_admin("ada"), gone, viewer, *there])
    batch = Batch().add(joiner(ADMINS, None))
    batch.add(elsewhere(joiner(ADMINS, None, "ben")))
    assert (await facts_for(platform, batch)).admins == {WORKSPACE: 1, OTHER: 2}


# --- effects: accounts --------------------------------------------------------------------


async def test_an_account_is_created_as_it_was_planned(platform: PlatformUnderTest) -> None:
    there, made = an_account("there", BEN), an_admin("made")
    await platform.furnish(accounts=[there])
    await save(platform, [], CreateAccount(made))
    assert await platform.contents() == _accounts(there, made)


async def test_an_account_is_changed_and_the_others_stay(platform: PlatformUnderTest) -> None:
    before, other = an_admin("ada"), an_admin("ben")
    await platform.furnish(accounts=[before, other])
    renamed = replace(before, email=NEXT, display_name=None, groups=("math",))
    changed = replace(renamed, role=Role.VIEWER, own_role=Role.EDITOR, released=True)
    await save(platform, [before], ChangeAccount(changed))
    assert await platform.contents() == _accounts(changed, other)


async def test_a_removed_account_stays_without_its_email(platform: PlatformUnderTest) -> None:
    account = an_account("ada")
    await platform.furnish(accounts=[account])
    await save(platform, [account], RemoveAccount(account.without_email()))
    assert await platform.contents() == _accounts(account.without_email())
    assert (await facts_for(platform, Batch().add(joiner(STORE)))).accounts == {}


async def test_an_account_is_restored_under_its_id(platform: PlatformUnderTest) -> None:
    account = an_account("ada")
    await platform.furnish(accounts=[account.without_email()])
    await save(platform, [account], RestoreAccount(account))
    assert await platform.contents() == _accounts(account)


async def test_emails_are_swapped_within_one_batch(platform: PlatformUnderTest) -> None:
    accounts = an_account("ada", ADA), an_account("ben", BEN)
    await platform.furnish(accounts=accounts)
    ada, ben = replace(accounts[0], email=BEN), replace(accounts[1], email=ADA)
    between = replace(ada, email=NEXT)
    await save(platform, accounts, *map(ChangeAccount, (between, ben, ada)))
    assert await platform.contents() == _accounts(ada, ben)
    loaded = await facts_for(platform, Batch().add(joiner(STORE, ADA)))
    assert loaded.accounts == {"ben": ben}


@pytest.mark.parametrize("successor", ["a-new-one", "z-new-one"])
async def test_an_email_is_taken_over_within_one_batch(
    platform: PlatformUnderTest, successor: str
) -> None:
    account, made = an_account("ada"), an_account(successor)
    await platform.furnish(accounts=[account])
    removed = account.without_email()
    await save(platform, [account], RemoveAccount(removed), CreateAccount(made))
    assert await platform.contents() == _accounts(removed, made)
    loaded = await facts_for(platform, Batch().add(joiner(STORE)))
    assert loaded.accounts == {successor: made}


# --- effects: devices, and all of them ----------------------------------------------------


async def test_devices_are_released_changed_and_removed(platform: PlatformUnderTest) -> None:
    ada = an_account("ada", portal=Portal.MDM)
    laptop, phone, tablet, watch = (a_device(it, ada) for it in ("L", "P", "T", "W"))
    await platform.furnish(accounts=[ada], devices=[laptop, phone, tablet, watch])
    released = replace(laptop, assigned_to=None)
    locked = replace(phone, policy="locked")
    removed = replace(tablet, assigned_to=None, removed=True)
    actions = ReleaseDevice(released), ChangeDevicePolicy(locked), RemoveDevice(removed)
    await save(platform, [ada], *actions)
    devices = {it.id: it for it in (released, locked, removed, watch)}
    assert (await platform.contents()).devices == devices


async def test_saving_again_changes_nothing(platform: PlatformUnderTest) -> None:
    ada = an_account("ada", portal=Portal.MDM)
    await platform.furnish(accounts=[ada], devices=[laptop := a_device("laptop", ada)])
    made = an_account("made", BEN)
    changes = (
        ReleaseDevice(replace(laptop, assigned_to=None)),
        RemoveAccount(ada.without_email()),
        CreateAccount(made),
    )
    working_set = await save(platform, [ada], *changes)
    before = await platform.contents()
    async with platform.transaction() as again:
        await again.save(working_set, now=2)
    assert await platform.contents() == before


async def test_a_batch_that_fails_leaves_nothing(platform: PlatformUnderTest) -> None:
    ada = an_account("ada", portal=Portal.MDM)
    await platform.furnish(accounts=[ada], devices=[laptop := a_device("laptop", ada)])
    before = await platform.contents()
    changes = ReleaseDevice(replace(laptop, assigned_to=None)), CreateAccount(an_account("made"))
    with pytest.raises(CrashError):
        await _crash_after(platform, [ada], *changes)
    assert await platform.contents() == before


async def test_workspaces_may_be_there_already(platform: PlatformUnderTest) -> None:
    events = [joiner(ADMINS, None), elsewhere(joiner(ADMINS, None))]
    for _ in range(2):
        async with platform.transaction() as it:
            await it.make_workspaces(events)
            await it.lock_workspaces(events)


# --- locks --------------------------------------------------------------------------------


@on_postgres
async def test_loaded_accounts_and_devices_stay_as_they_are(platform: PlatformUnderTest) -> None:
    ada, ben = (an_account(name, f"{name}@acme.test", Portal.MDM) for name in ("ada", "ben"))
    devices = [a_device("laptop", ada), a_device("tablet", ben)]
    await platform.furnish(accounts=[ada, ben, an_account("store")], devices=devices)
    async with platform.transaction() as opened:
        await Batch().add(leaver(), holds="ada").load(opened)
        assert await platform.locked() == {"ada", "device-laptop"}


@on_postgres
async def test_an_account_in_the_way_stays_as_it_is_too(platform: PlatformUnderTest) -> None:
    await platform.furnish(accounts=[an_account("yielding"), an_account("in-the-way", NEXT)])
    batch = Batch().add(joiner(STORE, ADA, "claimant"))
    batch.held_by_another("yielding", waiting_email=NEXT)
    async with platform.transaction() as opened:
        await batch.load(opened)
        assert await platform.locked() == {"yielding", "in-the-way"}


@on_postgres
@pytest.mark.parametrize(
    ("event", "locked"),
    [
        (joiner(STORE, None), set()),
        (left(joiner(REMOVE, None), REMOVE), set()),
        (left(joiner(LOCK, None), LOCK), {WORKSPACE}),
        (joiner(ADMINS, None), {WORKSPACE}),
    ],
    ids=["store", "devices", "policy", "Admins"],
)
async def test_a_workspace_is_locked_where_its_admins_or_policies_count(
    platform: PlatformUnderTest, event: IdentityChanged, locked: set[str]
) -> None:
    await facts_for(platform, Batch().add(event).add(elsewhere(event)))
    async with platform.transaction() as opened:
        await Batch().add(event).load(opened)
        assert await platform.locked() == locked


@on_postgres
async def test_another_batch_waits_for_what_is_loaded(platform: PlatformUnderTest) -> None:
    await platform.furnish(accounts=[an_account("ada"), an_account("ben", BEN)])
    other = Batch().add(joiner(STORE, BEN))
    await facts_for(platform, other)
    async with platform.transaction() as opened:
        await Batch().add(joiner(STORE, None), holds="ada").load(opened)
        await facts_for(platform, other)
        with pytest.raises(DBAPIError) as waited:
            await facts_for(platform, Batch().add(joiner(STORE, ADA, "another")))
    assert is_locked_out(waited.value)


async def _crash_after(
    platform: PlatformUnderTest, known: Sequence[Account], *actions: Action
) -> None:
    async with platform.transaction() as opened:
        await save_within(opened, known, *actions)
        raise CrashError


def _accounts(*accounts: Account) -> Contents:
    return Contents({it.id: it for it in accounts}, {})
