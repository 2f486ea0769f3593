"""What does a preview tell, and what does it leave alone? Effects are told; nothing is changed."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from contracts.downstream.preview import EffectKind, PlannedEffect, Preview
from contracts.identity_changed import IdentityChanged
from contracts.rules import (
    ChangePolicy,
    CreateNothing,
    Portal,
    RemoveUserAndDevices,
    Role,
    StoreRules,
    UnassignDevices,
)
from tests.convergence.stored_world import read_world
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
    with_roles,
)
from tests.drivers.platform import Platform, envelope
from tests.readings.effects import refusals_of, seen_of
from tests.readings.statements import asked_of
from worker.apply import apply_batch
from worker.preview import PlannedPreview
from worker.schema import WorkerTable

EVE = "eve@acme.test"

on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)


async def paged(*pages: Sequence[IdentityChanged]) -> AsyncIterator[Sequence[IdentityChanged]]:
    for page in pages:
        yield page


async def previewed(platform: Platform, *pages: Sequence[IdentityChanged]) -> list[PlannedEffect]:
    preview: Preview = PlannedPreview(platform.database)
    return [effect async for effect in preview.of(paged(*pages))]


async def rows(platform: Platform) -> dict[str, list[Any]]:
    async with platform.database.read() as db:
        return {
            table.name: sorted(map(tuple, await db.execute(select(table))), key=str)
            for table in WorkerTable.metadata.sorted_tables
        }


def told(effects: Sequence[PlannedEffect]) -> list[tuple[str, str, str]]:
    return [(effect.identity, effect.effect.value, effect.reason) for effect in effects]


# --- what it tells ------------------------------------------------------------------------


async def test_a_joiner_is_told_with_all_that_the_account_would_have(platform: Platform) -> None:
    rules = dashboard(Role.VIEWER, Staff=Role.EDITOR)
    [effect] = await previewed(platform, [joiner(rules, ADA, "ada", "Staff")])
    assert (effect.effect, effect.reason) == (EffectKind.CREATE, "mapping: Staff")
    assert effect.before is None
    assert effect.after is not None
    assert (effect.after["email"], effect.after["role"]) == (ADA, "editor")


async def test_a_change_is_told_with_the_fields_that_differ(platform: Platform) -> None:
    rules = dashboard(Role.VIEWER, Staff=Role.EDITOR)
    joined = joiner(rules)
    await platform.apply(joined)
    named, mapped = renamed(joined, display_name="Ada"), with_roles(joined, rules, "Staff")
    [change] = await previewed(platform, [named])
    assert change.before == {"email": ADA, "display_name": None}
    assert change.after == {"email": ADA, "display_name": "Ada"}
    assert change.reason == "attributes"
    [change] = await previewed(platform, [mapped])
    assert change.after == {"email": ADA, "role": "editor"}
    assert change.reason == "mapping: Staff"
    assert await previewed(platform, [resynced(joined)]) == []
    assert await previewed(platform, [joined]) == [], "it was applied before"


async def test_an_account_is_adopted_and_later_unlinked(platform: Platform) -> None:
    await platform.inventory.accounts.add(WORKSPACE, Portal.STORE, ADA)
    joined = joiner(STORE)
    [adoption] = await previewed(platform, [joined])
    assert adoption.effect is EffectKind.ADOPT
    assert adoption.before == {"email": ADA, "connection": None}
    assert adoption.after == {"email": ADA, "connection": "okta"}
    await platform.apply(joined)
    kept = StoreRules(on_create=CreateNothing())
    [unlinking] = await previewed(platform, [deleted(joined, kept)])
    assert (unlinking.effect, unlinking.reason) == (EffectKind.UNLINK, "deletion")
    assert unlinking.after == {"email": ADA, "connection": None}


@pytest.mark.parametrize(
    ("action", "kind", "before", "after"),
    [
        (
            UnassignDevices(),
            EffectKind.RELEASE_DEVICE,
            {"serial": "L1", "assigned_to": ADA},
            {"serial": "L1", "assigned_to": None},
        ),
        (
            ChangePolicy(policy="locked"),
            EffectKind.CHANGE_DEVICE_POLICY,
            {"serial": "L1", "policy": "office"},
            {"serial": "L1", "policy": "locked"},
        ),
        (
            RemoveUserAndDevices(),
            EffectKind.REMOVE_DEVICE,
            {"serial": "L1", "policy": "office", "assigned_to": ADA},
            None,
        ),
    ],
)
async def test_a_leaver_s_devices_are_told(
    platform: Platform,
    action: UnassignDevices | ChangePolicy | RemoveUserAndDevices,
    kind: EffectKind,
    before: dict[str, str],
    after: dict[str, str] | None,
) -> None:
    rules = mdm(action)
    joined = joiner(rules)
    await platform.apply(joined)
    for policy in ("office", "locked"):
        await platform.inventory.policies.add(WORKSPACE, policy)
    await platform.inventory.devices.add(WORKSPACE, "L1", policy="office", assigned_to=ADA)
    effects = await previewed(platform, [left(joined, rules)])
    assert (effects[0].effect, effects[0].before, effects[0].after) == (kind, before, after)
    removed = [EffectKind.REMOVE] if isinstance(action, RemoveUserAndDevices) else []
    assert [effect.effect for effect in effects[1:]] == removed


async def test_a_refusal_names_whatever_stands_in_the_way(platform: Platform) -> None:
    admins = dashboard(Role.ADMIN)
    only = joiner(admins, BEN, "ben")
    await platform.apply(joiner(STORE), only)
    conflict = joiner(STORE, ADA, "another", version=5)
    effects = await previewed(platform, [conflict, left(only, admins)])
    assert [effect.before for effect in effects] == [
        {
            "refused": "provide_account",
            "email": ADA,
            "connection": "okta",
            "held_by": "ada",
        },
        {"refused": "deactivate", "email": BEN, "role": "admin"},
    ]
    assert [effect.reason for effect in effects] == ["conflict", "last_admin"]
    assert {effect.after for effect in effects} == {None}


async def test_somebody_who_waits_for_an_address_gets_it_in_the_preview_too(
    platform: Platform,
) -> None:
    joined, waits = joiner(STORE), joiner(STORE, ADA, "another", version=2)
    await platform.apply(joined)
    await platform.apply(waits)
    assert await platform.reasons("another") == ["conflict"]
    effects = await previewed(platform, [renamed(joined, email=BEN)])
    assert told(effects) == [("ada", "change", "attributes"), ("another", "create", "rule")]


async def test_a_stored_event_that_cannot_be_read_spoils_no_preview(platform: Platform) -> None:
    joined = joiner(STORE)
    await platform.apply(joined)
    await platform.apply(joiner(STORE, ADA, "another", version=2))
    async with platform.database.write() as db:
        await db.execute(text("UPDATE sync_records SET event = '{}' WHERE event IS NOT NULL"))
    effects = await previewed(platform, [renamed(joined, email=BEN)])
    assert told(effects) == [("ada", "change", "attributes")]


async def test_a_page_meets_what_the_pages_before_it_have_done(platform: Platform) -> None:
    joined = joiner(STORE)
    await platform.apply(joined)
    heir = joiner(STORE, ADA, "heir", version=3)
    rival = joiner(STORE, ADA, "rival", version=4)
    effects = await previewed(platform, [renamed(joined, email=BEN)], [heir], [], [rival])
    assert told(effects) == [
        ("ada", "change", "attributes"),
        ("heir", "create", "rule"),
        ("rival", "refuse", "conflict"),
    ]
    assert effects[-1].before is not None
    assert effects[-1].before["held_by"] == "heir"


# --- what it leaves alone -----------------------------------------------------------------


async def everybody(platform: Platform) -> list[IdentityChanged]:
    """Fill the platform; return events that change all of it."""
    rules = mdm(RemoveUserAndDevices())
    people = [joiner(rules, f"{n}@acme.test", f"person-{n}") for n in range(20)]
    admins = [joiner(dashboard(Role.ADMIN), f"{n}@acme.test", f"admin-{n}") for n in range(3)]
    await platform.apply(*people, *admins)
    for n in range(5):
        await platform.inventory.devices.add(WORKSPACE, f"L{n}", assigned_to=f"{n}@acme.test")
    leavers = [left(it, rules) for it in people[:10]]
    movers = [renamed(it, email=f"new-{it.profile.email}") for it in people[10:]]
    joiners = [joiner(rules, f"{n}@acme.test", f"heir-{n}", version=5) for n in range(20)]
    return [*leavers, *movers, *joiners, *(left(it, dashboard()) for it in admins)]


async def test_a_preview_changes_no_row_and_tells_what_applying_then_does(
    platform: Platform,
) -> None:
    coming = await everybody(platform)
    before, seen = await rows(platform), seen_of(await read_world(platform.database))
    effects = await previewed(platform, coming[:15], coming[15:])
    assert await rows(platform) == before
    await platform.apply(*coming)
    seen.follow(effects)
    after = await read_world(platform.database)
    assert seen.picture == seen_of(after).picture
    assert refusals_of(effects) == {
        (*key, refused.action.value, refused.reason.value)
        for key, waiting in after.refused.items()
        for refused in waiting.refusals
    }


async def test_a_preview_keeps_no_worker_from_its_rows(platform: Platform) -> None:
    coming = await everybody(platform)
    preview = PlannedPreview(platform.database).of(paged(coming[:15], coming[15:]))
    first = await anext(preview)
    batch = await apply_batch(
        platform.database, [envelope(it) for it in coming], platform.clock(), lock_timeout=0.3
    )
    assert len(batch.applied) == len(coming)
    rest = [effect async for effect in preview]
    again = await previewed(platform, coming)
    assert len([first, *rest]) > len(again), "the snapshot is that of the beginning"


@on_postgres
async def test_a_snapshot_can_neither_lock_a_row_nor_write_one(platform: Platform) -> None:
    await platform.apply(joiner(STORE))
    lock, write = text("SELECT FROM accounts FOR UPDATE"), text("DELETE FROM accounts")
    for statement in (lock, write):
        with pytest.raises(DBAPIError, match="read-only transaction"):
            async with platform.database.snapshot() as db:
                await db.execute(statement)
    async with platform.database.read() as db:
        await db.execute(write)
    assert await platform.accounts() == [], "the session is as before"


@on_postgres
@pytest.mark.parametrize("number", [1, 500])
async def test_a_page_costs_a_few_statements_however_many_events_it_has(
    platform: Platform, number: int
) -> None:
    people = [joiner(STORE, f"{n}@acme.test", f"person-{n}") for n in range(number)]
    await platform.apply(*people)
    with asked_of(platform.database) as asked:
        await previewed(platform, [renamed(it, display_name="Ada") for it in people])
    assert len(asked.statements) == 2, "records and accounts"
