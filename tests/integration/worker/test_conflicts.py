"""Does an administrator who frees an address give it to the right person, whatever comes after?"""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from contracts.downstream.conflicts import Conflicts, ListedConflict
from contracts.identity_changed import IdentityChanged
from contracts.rules import DashboardRules, Portal, RemoveUserAndDevices, Role, Rules, StoreRules
from tests.drivers.leavers import KEEP, NEXT, waiting_row
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    deleted,
    joiner,
    left,
    mdm,
    renamed,
    resynced,
)
from tests.drivers.platform import Platform, held
from worker.conflicts import StoredConflicts
from worker.errors import (
    ClaimantLeft,
    ConflictChanged,
    EmailExists,
    NothingToRelease,
    StillInConflict,
    UnknownConflict,
    UnusableEmail,
    WorkerError,
)
from worker.platforms.sql.mapping import ACCOUNTS
from worker.sync.mapping import RECORDS

ELSEWHERE = "elsewhere@acme.test"
on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)


@pytest.fixture
def conflicts(platform: Platform) -> StoredConflicts:
    """Give the conflicts of the platform."""
    return StoredConflicts(platform.database, platform.clock)


def claim(rules: Rules = KEEP, email: str = ADA) -> IdentityChanged:
    """Return the event of a newcomer who wants the address of somebody else."""
    return joiner(rules, email, "new")


async def addresses(platform: Platform) -> Mapping[str | None, str | None]:
    """Return who holds the account of each address."""
    async with platform.database.read() as db:
        holds = RECORDS.c.account_id == ACCOUNTS.c.id
        both = ACCOUNTS.outerjoin(RECORDS, holds)
        rows = await db.execute(select(ACCOUNTS.c.email, RECORDS.c.identity).select_from(both))
        return dict(rows.all())


async def apply(platform: Platform, *events: IdentityChanged) -> None:
    """Apply events, each as a batch."""
    for event in events:
        await platform.apply(event)


async def in_the_way(conflicts: Conflicts, identity: str = "new") -> str:
    """Return the account that is in the way of an identity."""
    found = await conflicts.find(WORKSPACE, "okta", identity)
    assert found.holder_account is not None
    return found.holder_account


async def release(conflicts: Conflicts, identity: str = "new") -> None:
    account = await in_the_way(conflicts, identity)
    await conflicts.release(WORKSPACE, "okta", identity, account)


async def move(conflicts: Conflicts, to: str = ELSEWHERE, identity: str = "new") -> None:
    account = await in_the_way(conflicts, identity)
    await conflicts.move(WORKSPACE, "okta", identity, account, to)


# --- the list ---------------------------------------------------------------------------------


async def test_a_conflict_names_who_waits_and_who_holds_the_account(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP), claim(email=ADA.upper()))
    [account] = await platform.accounts()
    assert (await conflicts.page(WORKSPACE)).items == (
        ListedConflict(
            connection="okta",
            identity="new",
            portal=Portal.STORE,
            action="provide_account",
            email=ADA,
            since=platform.clock(),
            holder_account=account.id,
            holder_connection="okta",
            holder_identity="ada",
            holder_made_by="okta",
        ),
    )


async def test_an_account_by_hand_may_be_in_the_way(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    by_hand = await platform.inventory.accounts.add(WORKSPACE, Portal.STORE, ADA)
    joined = joiner(KEEP, BEN, "new")
    await apply(platform, joined, renamed(joined, email=ADA))
    found = await conflicts.find(WORKSPACE, "okta", "new")
    assert (found.action, found.email, found.holder_account) == ("change_email", ADA, by_hand.id)
    assert (found.holder_connection, found.holder_identity) == (None, None)
    assert found.account is not None


async def test_conflicts_are_listed_in_pages_by_connection_and_workspace(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP))
    for number in range(3):
        await apply(platform, joiner(KEEP, ADA, f"new-{number}"))
    other = claim().model_copy(update={"connection": "entra"})
    elsewhere = {"workspace": "other", "connection": "others"}
    await apply(platform, other, joiner(KEEP).model_copy(update=elsewhere))
    await apply(platform, claim().model_copy(update=elsewhere))
    listed, after = list[ListedConflict](), None
    while True:
        page = await conflicts.page(WORKSPACE, after=after, most=2)
        listed += page.items
        if (after := page.next) is None:
            break
    assert [(it.identity, it.connection) for it in listed] == [
        *(("new", "entra"), ("new-0", "okta"), ("new-1", "okta"), ("new-2", "okta")),
    ]
    [only] = (await conflicts.page(WORKSPACE, connection="entra")).items
    assert only == listed[0]
    [theirs] = (await conflicts.page("other")).items
    assert theirs.connection == "others"
    for workspace, connection in ((WORKSPACE, "others"), ("other", "okta")):
        with pytest.raises(UnknownConflict):
            await conflicts.find(workspace, connection, "new")


async def test_no_conflict_is_listed_once_it_has_ended(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(STORE), claim(STORE), deleted(joiner(STORE), STORE))
    assert (await conflicts.page(WORKSPACE)).items == ()
    with pytest.raises(UnknownConflict):
        await conflicts.find(WORKSPACE, "okta", "new")


# --- a release --------------------------------------------------------------------------------


async def test_a_released_account_is_held_by_who_waited_with_its_devices(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    rules = mdm(RemoveUserAndDevices())
    gone = left(joiner(rules), rules)
    await apply(platform, joiner(rules))
    await platform.inventory.devices.add(WORKSPACE, "L1", assigned_to=ADA)
    await apply(platform, claim(rules))
    [before] = await platform.accounts()
    await release(conflicts)
    assert await addresses(platform) == {ADA: "new"}
    [after] = await platform.accounts()
    assert (after.id, await platform.reasons("new")) == (before.id, [])
    # The leaving of the former holder reaches neither the account nor its devices any more.
    await apply(platform, gone, deleted(gone, rules))
    [device] = await platform.devices()
    assert (device.assigned_to, device.removed) == (ADA, False)
    assert await addresses(platform) == {ADA: "new"}


async def test_a_former_holder_who_is_active_waits_in_turn(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP), claim())
    await release(conflicts)
    await apply(platform, again := resynced(joiner(KEEP)), resynced(claim()), resynced(again))
    assert await addresses(platform) == {ADA: "new"}
    assert await platform.reasons("ada") == ["conflict"]
    found = await conflicts.find(WORKSPACE, "okta", "ada")
    assert found.holder_identity == "new"


async def test_a_released_account_has_the_role_that_its_new_connection_gives(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    admins, viewers = dashboard(Role.ADMIN), dashboard(Role.VIEWER)
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, BEN, role=Role.ADMIN)
    entra = {"connection": "entra"}
    await apply(platform, joiner(admins).model_copy(update=entra), claim(viewers))
    await release(conflicts)
    [ada] = [it for it in await platform.accounts() if it.email == ADA]
    assert (ada.identity, ada.role) == ("new", Role.VIEWER)


async def test_the_last_admin_stays_one_when_the_account_is_released(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    admins, viewers = dashboard(Role.ADMIN), dashboard(Role.VIEWER)
    await apply(platform, joiner(admins), claim(viewers))
    await release(conflicts)
    [ada] = await platform.accounts()
    assert (ada.identity, ada.role) == ("new", Role.ADMIN)
    assert await platform.reasons("new") == ["last_admin"]


async def test_nobody_is_handed_a_second_account(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    joined = joiner(KEEP, BEN, "new")
    await apply(platform, joiner(KEEP), joined, renamed(joined, email=ADA))
    with pytest.raises(NothingToRelease):
        await release(conflicts)
    assert await addresses(platform) == {ADA: "ada", BEN: "new"}


# --- a move -----------------------------------------------------------------------------------


async def test_a_moved_address_leaves_the_account_with_its_holder(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP), claim())
    [before] = await platform.accounts()
    account = await in_the_way(conflicts)
    given = await conflicts.move(WORKSPACE, "okta", "new", account, f" {ELSEWHERE}".strip())
    assert given is not None
    assert (given.email, given.identity) == (ADA, "new")
    assert given.id != before.id
    assert await addresses(platform) == {ELSEWHERE: "ada", ADA: "new"}
    assert await platform.reasons("new") == []
    await apply(platform, again := resynced(joiner(KEEP)), resynced(claim()), resynced(again))
    assert await addresses(platform) == {ELSEWHERE: "ada", ADA: "new"}
    assert await platform.reasons("ada") == ["conflict"]


async def test_a_leaver_who_made_way_by_hand_waits_for_nothing(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    gone = left(joiner(KEEP), KEEP)
    await apply(platform, joiner(KEEP), gone, claim())
    await move(conflicts)
    await apply(platform, again := resynced(gone), resynced(again))
    assert await addresses(platform) == {ELSEWHERE: "ada", ADA: "new"}
    assert await platform.reasons("ada") == []


async def test_an_account_with_another_address_takes_the_moved_one(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.STORE, ADA)
    joined = joiner(KEEP, BEN, "new")
    await apply(platform, joined, renamed(joined, email=ADA))
    await move(conflicts)
    assert await addresses(platform) == {ELSEWHERE: None, ADA: "new"}


async def test_a_row_of_leavers_makes_way_once_its_end_is_moved(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    [ada, *rest] = waiting_row(ADA, BEN, NEXT)
    await apply(platform, joiner(KEEP, NEXT, "third"), ada, *rest, claim())
    found = await conflicts.find(WORKSPACE, "okta", "new")
    assert (found.email, found.holder_identity) == (NEXT, "third")
    with pytest.raises(StillInConflict):
        await release(conflicts)
    await move(conflicts)
    assert (await addresses(platform))[ADA] == "new"
    assert (await addresses(platform))[ELSEWHERE] == "third"


async def test_an_address_that_its_claimant_does_not_take_goes_to_the_next_one(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP), claim(StoreRules()), joiner(KEEP, ADA, "next"))
    account = await in_the_way(conflicts)
    assert await conflicts.move(WORKSPACE, "okta", "new", account, ELSEWHERE) is None
    await platform.replan()
    assert await addresses(platform) == {ELSEWHERE: "ada", ADA: "next"}


@pytest.mark.parametrize(
    ("to", "error"),
    [(BEN.upper(), EmailExists), (ADA, EmailExists), ("nobody", UnusableEmail)],
    ids=["of another", "the same", "none"],
)
async def test_an_account_is_moved_to_a_free_address_only(
    platform: Platform, conflicts: StoredConflicts, to: str, error: type[WorkerError]
) -> None:
    await apply(platform, joiner(KEEP), joiner(KEEP, BEN, "ben"), claim())
    with pytest.raises(error):
        await move(conflicts, to)
    assert await addresses(platform) == {ADA: "ada", BEN: "ben"}
    assert await platform.reasons("new") == ["conflict"]


async def test_roles_are_nobodys_gain_by_a_move(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, ADA, role=Role.ADMIN)
    rules = dashboard(Role.VIEWER)
    await apply(platform, joiner(DashboardRules()), claim(rules))
    await move(conflicts)
    await apply(platform, resynced(joiner(DashboardRules())))
    roles = {it.email: (it.identity, it.role) for it in await platform.accounts()}
    assert roles == {ELSEWHERE: ("ada", Role.ADMIN), ADA: ("new", Role.VIEWER)}


# --- what has changed meanwhile ---------------------------------------------------------------


async def test_who_has_left_gets_no_address(platform: Platform, conflicts: StoredConflicts) -> None:
    joined = joiner(KEEP, BEN, "new")
    wants = renamed(joined, email=ADA)
    await apply(platform, joiner(KEEP), joined, wants, left(wants, KEEP))
    with pytest.raises(ClaimantLeft):
        await move(conflicts)
    assert await addresses(platform) == {ADA: "ada", BEN: "new"}


async def test_an_account_that_was_not_seen_in_the_way_is_left_alone(
    platform: Platform, conflicts: StoredConflicts
) -> None:
    await apply(platform, joiner(KEEP), joiner(KEEP, BEN, "ben"), claim())
    other = next(it.id for it in await platform.accounts() if it.email == BEN)
    for account in (other, "nothing"):
        with pytest.raises(ConflictChanged):
            await conflicts.release(WORKSPACE, "okta", "new", account)
        with pytest.raises(ConflictChanged):
            await conflicts.move(WORKSPACE, "okta", "new", account, ELSEWHERE)
    with pytest.raises(UnknownConflict):
        await conflicts.release(WORKSPACE, "okta", "ben", other)
    with pytest.raises(UnknownConflict):
        await conflicts.move("other", "okta", "new", await in_the_way(conflicts), ELSEWHERE)
    assert await addresses(platform) == {ADA: "ada", BEN: "ben"}


@on_postgres
@pytest.mark.parametrize("verb", ["release", "move"])
async def test_two_workers_and_two_administrators_at_once_leave_one_holder(
    platform: Platform, other: Platform, conflicts: StoredConflicts, verb: str
) -> None:
    theirs = StoredConflicts(other.database, other.clock)
    await apply(platform, joiner(KEEP), claim())
    account = await in_the_way(conflicts)

    async def resolve(by: StoredConflicts) -> None:
        if verb == "release":
            await by.release(WORKSPACE, "okta", "new", account)
        else:
            await by.move(WORKSPACE, "okta", "new", account, ELSEWHERE)

    async with held(platform, "SELECT FROM workspaces FOR UPDATE"):
        racing = [
            asyncio.ensure_future(each)
            for each in (
                resolve(conflicts),
                resolve(theirs),
                platform.apply(resynced(joiner(KEEP))),
                other.apply(renamed(claim(), display_name="New")),
            )
        ]
    done = await asyncio.gather(*racing, return_exceptions=True)
    errors = [it for it in done if isinstance(it, BaseException)]
    assert [type(it) for it in errors] == [UnknownConflict]
    await platform.replan()
    wanted = {ADA: "new"} if verb == "release" else {ADA: "new", ELSEWHERE: "ada"}
    assert await addresses(platform) == wanted
