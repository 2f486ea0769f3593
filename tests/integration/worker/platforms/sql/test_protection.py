"""Is a protected account kept, shown and released, and does its own role outlive its holder?"""

import pytest

from contracts.downstream.accounts import ListedAccount
from contracts.rules import DashboardRules, LeaveAlone, Portal, Role
from tests.drivers.people import (
    ADA,
    BEN,
    STORE,
    WORKSPACE,
    dashboard,
    deleted,
    joiner,
    left,
    moved,
    renamed,
    resynced,
    role_map,
)
from tests.drivers.platform import Platform
from worker.drift import PlannedAssertions
from worker.errors import (
    PortalWithoutProtection,
    UnknownAccount,
    UnknownEmail,
    UnknownWorkspace,
)

OTHERS = "mallory@evil.test"
VIEWERS = dashboard(Role.VIEWER)
MAPPED = DashboardRules(role_map=role_map(IT=Role.ADMIN))


async def by_hand(platform: Platform, email: str, role: Role) -> ListedAccount:
    return await platform.inventory.accounts.add(WORKSPACE, Portal.DASHBOARD, email, role=role)


async def release(platform: Platform, email: str) -> ListedAccount:
    accounts = platform.inventory.accounts
    found = await accounts.at(WORKSPACE, Portal.DASHBOARD, email)
    return await accounts.release(WORKSPACE, found.id)


async def test_an_account_says_who_made_it_and_which_role_is_its_own(platform: Platform) -> None:
    rules = dashboard(Role.EDITOR, IT=Role.ADMIN)
    await by_hand(platform, ADA, Role.VIEWER)
    await platform.apply(joiner(rules, BEN, "ben"))
    await platform.apply(moved(joiner(rules, BEN, "ben"), rules, "IT"))
    ada, ben = await platform.accounts()
    assert (ada.role, ada.own_role, ada.made_by) == (Role.VIEWER, Role.VIEWER, "hand")
    assert (ben.role, ben.own_role, ben.made_by) == (Role.ADMIN, Role.EDITOR, "okta")


async def test_a_protected_account_is_shown_until_it_is_released(platform: Platform) -> None:
    await by_hand(platform, ADA, Role.ADMIN)
    await by_hand(platform, BEN, Role.ADMIN)
    await platform.apply(joiner(VIEWERS))
    await platform.apply(renamed(joiner(VIEWERS), email=OTHERS, display_name="Ada"))
    assert await platform.reasons() == ["protected", "protected"]
    ada, ben = await platform.accounts()
    assert (ada.email, ada.role, ada.protected) == (ADA, Role.ADMIN, True)
    assert (ben.protected, ben.released) == (False, False)
    released = await release(platform, ADA.upper())
    assert (released.email, released.released, released.protected) == (ADA, True, False)
    await platform.replan()
    assert await platform.reasons() == []
    [other] = [it for it in await platform.accounts() if it.email != BEN]
    assert (other.email, other.role, other.own_role) == (OTHERS, Role.VIEWER, Role.VIEWER)
    assert (other.made_by, other.released, other.protected) == ("hand", True, False)


async def test_a_release_holds_whatever_a_worker_writes_later(platform: Platform) -> None:
    await by_hand(platform, ADA, Role.EDITOR)
    await release(platform, ADA)
    await platform.apply(joiner(DashboardRules()))
    await platform.apply(renamed(joiner(DashboardRules()), email=BEN))
    await platform.apply(renamed(renamed(joiner(DashboardRules())), email=OTHERS))
    [account] = await platform.accounts()
    assert (account.email, account.role, account.released) == (OTHERS, Role.EDITOR, True)


async def test_a_release_that_is_repeated_changes_nothing(platform: Platform) -> None:
    await by_hand(platform, ADA, Role.EDITOR)
    assert await release(platform, ADA) == await release(platform, ADA)


async def test_what_is_released_has_to_be_there_and_to_have_a_role(platform: Platform) -> None:
    with pytest.raises(UnknownWorkspace):
        await release(platform, ADA)
    await platform.apply(joiner(STORE))
    with pytest.raises(UnknownEmail):
        await release(platform, ADA)
    with pytest.raises(UnknownAccount):
        await platform.inventory.accounts.release(WORKSPACE, "nothing")
    [employee] = await platform.accounts()
    with pytest.raises(PortalWithoutProtection):
        await platform.inventory.accounts.release(WORKSPACE, employee.id)
    await platform.inventory.workspaces.ensure_workspace("other")
    with pytest.raises(UnknownAccount):
        await platform.inventory.accounts.release("other", employee.id)
    await platform.apply(left(joiner(STORE), STORE))
    with pytest.raises(UnknownAccount):
        await platform.inventory.accounts.release(WORKSPACE, employee.id)


async def test_in_one_batch_a_successor_starts_from_the_role_by_hand(platform: Platform) -> None:
    await by_hand(platform, BEN, Role.ADMIN)
    await by_hand(platform, ADA, Role.VIEWER)
    admin = moved(joiner(MAPPED, ADA, "first"), MAPPED, "IT")
    await platform.apply(admin)
    assert [account.role for account in await platform.accounts()] == [Role.ADMIN, Role.ADMIN]
    await platform.apply(deleted(admin, MAPPED), joiner(MAPPED, ADA, "second", version=9))
    ada, _ = await platform.accounts()
    assert (ada.email, ada.role, ada.own_role, ada.version) == (ADA, Role.VIEWER, Role.VIEWER, 9)


async def test_a_deleted_admin_by_a_mapping_falls_back_once_another_is_there(
    platform: Platform,
) -> None:
    await by_hand(platform, ADA, Role.VIEWER)
    admin = moved(joiner(MAPPED), MAPPED, "IT")
    await platform.apply(admin)
    await platform.apply(deleted(admin, MAPPED))
    assert await platform.reasons() == ["last_admin"]
    await by_hand(platform, BEN, Role.ADMIN)
    await platform.replan()
    ada, _ = await platform.accounts()
    assert (ada.role, ada.version, await platform.reasons()) == (Role.VIEWER, None, [])


async def test_what_is_protected_or_kept_for_later_is_no_drift(platform: Platform) -> None:
    await by_hand(platform, ADA, Role.ADMIN)
    assertions = PlannedAssertions(platform.database)
    protected = renamed(joiner(VIEWERS), email=OTHERS)
    await platform.apply(joiner(VIEWERS))
    await platform.apply(protected)
    assert await platform.reasons() == ["protected", "protected"]
    assert await assertions.differences([protected]) == [[]]
    made = joiner(VIEWERS, BEN, "ben")
    await platform.apply(made)
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE accounts SET own_role = 'editor' WHERE made_by = 'okta'")
    assert await assertions.differences([made]) == [[]]
    await platform.apply(resynced(made))
    assert [account.own_role for account in await platform.accounts()] == [Role.ADMIN, Role.VIEWER]


async def test_the_version_before_finds_the_own_role_where_it_looks(platform: Platform) -> None:
    await by_hand(platform, BEN, Role.ADMIN)
    await by_hand(platform, ADA, Role.VIEWER)
    await platform.apply(moved(joiner(MAPPED), MAPPED, "IT"))
    async with platform.database.read() as db:
        found = await db.exec_driver_sql("SELECT base_role FROM sync_records")
        assert found.scalars().all() == ["viewer"]


async def test_the_version_before_makes_accounts_without_the_new_columns(
    platform: Platform,
) -> None:
    await platform.inventory.workspaces.ensure_workspace(WORKSPACE)
    async with platform.database.write() as db:
        await db.exec_driver_sql(
            "INSERT INTO accounts"
            " (id, workspace, portal, email, email_key, role, groups, removed, created_at)"
            " VALUES ('a', 'acme', 'dashboard', 'a@b', 'a@b', 'editor', '[]', false, 1)"
        )
    [account] = await platform.accounts()
    assert (account.own_role, account.made_by, account.released) == (Role.EDITOR, "hand", False)


async def test_a_row_of_the_version_before_has_the_role_of_its_own_that_it_has(
    platform: Platform,
) -> None:
    keep = VIEWERS.model_copy(update={"on_deactivate": LeaveAlone()})
    await by_hand(platform, BEN, Role.ADMIN)
    await by_hand(platform, ADA, Role.ADMIN)
    async with platform.database.write() as db:
        await db.exec_driver_sql("UPDATE accounts SET own_role = NULL")
    await platform.apply(joiner(keep))
    assert await platform.reasons() == ["protected"]
    assert [account.own_role for account in await platform.accounts()] == [Role.ADMIN, Role.ADMIN]
