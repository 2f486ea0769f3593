"""What becomes of Admins who lose their role all at once? Some do, the others keep it."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from api.admin.actors import COMMAND
from api.admin.administration import Administration
from api.admin.brakes import change_brake
from api.admin.change_rules import replace_rules
from api.admin.count_people import count_held
from api.admin.foresee_held import foresee_held
from api.admin.held import approve_held, every_held, list_held, reject_held
from api.admin.preview import WhatIf, preview
from api.admin.rule_choices import choices_of
from api.admin.why.answers import Aspect
from api.admin.why.explain import explain
from api.directory.brake_limits import Effect
from api.outbox.events import render
from api.outbox.leasing import unleased_marks
from api.reconciliation.status import report
from api.reconciliation.verdicts import Verdict
from contracts.clock import now
from contracts.downstream.preview import EffectKind
from contracts.identity_changed import DashboardTerms
from contracts.rules import (
    CreateCollaborator,
    DashboardRules,
    GroupLine,
    Portal,
    RemoveCollaborator,
    Role,
    RoleLine,
)
from deploy.databases.open_databases import Databases
from tests.drivers.administration import administration_on
from tests.drivers.both_sides import Installation, installation_on

Decide = Callable[..., Awaitable[int]]
"""Ends held losses, and returns of how many people."""

OWNERS = RoleLine(name="Owners", role=Role.ADMIN)
HELPERS = RoleLine(name="Helpers", role=Role.EDITOR)
LEAVE = {"op": "replace", "path": "active", "value": False}
RETURN = {"op": "replace", "path": "active", "value": True}
STAFF = ("ada", "ben", "eve", "joe")

on_one_database = pytest.mark.parametrize("shared_database_url", ["sqlite"], indirect=True)
"""A mark of what is decided in memory; tests without it store each decision on both databases."""


def rules(*lines: RoleLine, made: Role = Role.VIEWER) -> DashboardRules:
    return DashboardRules(
        on_create=CreateCollaborator(role=made), on_deactivate=RemoveCollaborator(), role_map=lines
    )


@dataclass(slots=True)
class Owners:
    """People in a group of Admins, of whom two may lose the role within an hour."""

    installation: Installation
    ids: dict[str, str]
    group: str

    @property
    def it(self) -> Administration:
        return administration_on(self.installation.ingress.database)

    @property
    def connection(self) -> str:
        return self.installation.ingress.connection

    async def set_members(self, *names: str) -> None:
        """Push the members of the group, and deliver what is released."""
        members = [{"value": self.ids[name]} for name in names]
        operation = {"op": "replace", "path": "members", "value": members}
        answer = await self.installation.ingress.patch(f"/Groups/{self.group}", operation)
        assert answer.is_success, answer.text
        await self.installation.deliver()

    async def set_rules(self, new: DashboardRules) -> None:
        await replace_rules(self.installation.ingress.database, self.connection, new, now())
        await self.installation.deliver()

    async def admins(self) -> set[str]:
        accounts = await self.installation.accounts()
        emails = {it.email for it in accounts if it.role is Role.ADMIN and not it.removed}
        return {str(email).partition("@")[0] for email in emails} - {"boss"}

    async def held(self) -> set[str]:
        names = {id_: name for name, id_ in self.ids.items()}
        found = await list_held(self.it, COMMAND, self.connection)
        assert {it.effect for it in found} <= {Effect.ADMIN_ROLE}
        return {names[it.identity] for it in found}

    async def told_of(self, *names: str) -> list[DashboardTerms]:
        """Return the terms that events tell of people now."""
        async with self.installation.ingress.database.read() as db:
            ids = [self.ids[name] for name in names]
            events = await render(db, await unleased_marks(db, self.connection, ids))
        return [it.terms for it in events if isinstance(it.terms, DashboardTerms)]

    async def is_in_step(self) -> bool:
        comparison = await self.installation.compare()
        told = await report(self.installation.ingress.database, self.installation.states, now())
        assert told.held == len(await self.held())
        return comparison.counts.keys() == {Verdict.IN_STEP} and not told.pending


@asynccontextmanager
async def owners_on(
    databases: Databases, first: DashboardRules, named: str
) -> AsyncIterator[Owners]:
    """Give people in a named group, beside an Admin by hand, who remains."""
    async with installation_on(databases, first) as installation:
        await installation.inventory.accounts.add(
            "Acme", Portal.DASHBOARD, "boss@acme.test", role=Role.ADMIN
        )
        ids = {name: await installation.ingress.user(f"{name}@acme.test") for name in STAFF}
        group = await installation.ingress.group(named, *ids.values())
        await installation.deliver()
        made = Owners(installation, ids, group)
        await change_brake(made.it, COMMAND, made.connection, "2:0")
        yield made


@pytest.fixture
async def owners(databases: Databases) -> AsyncIterator[Owners]:
    """Give Admins by a mapping."""
    async with owners_on(databases, rules(OWNERS, HELPERS), "Owners") as made:
        assert await made.admins() == set(STAFF)
        yield made


async def test_a_group_that_is_mapped_by_its_id_is_judged_as_one_by_its_name(
    owners: Owners,
) -> None:
    by_id = rules().model_copy(
        update={"group_map": (GroupLine(group=owners.group, role=Role.ADMIN),)}
    )
    await owners.set_rules(by_id)
    name = {"op": "replace", "path": "displayName", "value": "Bosses"}
    answer = await owners.installation.ingress.patch(f"/Groups/{owners.group}", name)
    assert answer.is_success, answer.text
    await owners.installation.deliver()
    assert (await owners.admins(), await owners.held()) == (set(STAFF), set())
    await owners.set_members()
    assert len(await owners.admins()) == len(await owners.held()) == 2
    assert await owners.is_in_step()


@pytest.mark.parametrize("way", ["the members", "the mapping", "the group"])
async def test_two_lose_the_role_and_the_others_keep_it_until_they_are_approved(
    owners: Owners, way: str
) -> None:
    match way:
        case "the members":
            await owners.set_members()
        case "the mapping":
            await owners.set_rules(rules(HELPERS))
        case _:
            await owners.installation.ingress.send("DELETE", f"/Groups/{owners.group}")
            await owners.installation.deliver()
    left = await owners.admins()
    assert len(left) == 2
    assert await owners.held() == left
    assert await owners.is_in_step()
    assert await approve_held(owners.it, COMMAND, owners.connection, None) == 2
    await owners.installation.deliver()
    assert (await owners.admins(), await owners.held()) == (set(), set())
    assert await owners.is_in_step()


@on_one_database
async def test_whoever_is_held_is_an_admin_whatever_else_is_mapped(owners: Owners) -> None:
    await owners.set_members()
    held = await owners.held()
    await owners.installation.ingress.group("Helpers", *owners.ids.values())
    await owners.set_rules(rules(HELPERS, made=Role.EDITOR))
    assert await owners.admins() == held
    assert await owners.is_in_step()


async def test_a_rejected_loss_is_waived_until_the_role_is_given_again(owners: Owners) -> None:
    await owners.set_members()
    kept = sorted(await owners.held())
    assert await reject_held(owners.it, COMMAND, owners.connection, None) == 2
    await owners.set_rules(rules(OWNERS))
    assert (await owners.admins(), await owners.held()) == (set(kept), set())
    await owners.set_members(*STAFF)
    await change_brake(owners.it, COMMAND, owners.connection, "3:0")
    await owners.set_members(*kept[1:], *(set(STAFF) - set(kept)))
    assert await owners.admins() == set(STAFF) - {kept[0]}
    await owners.set_members(*(set(STAFF) - set(kept)))
    assert await owners.held() == {kept[1]}
    assert await owners.is_in_step()


async def test_a_hold_ends_when_the_role_is_given_again(owners: Owners) -> None:
    await owners.set_members()
    held = await owners.held()
    await owners.set_members(*held)
    assert (await owners.admins(), await owners.held()) == (held, set())
    assert await owners.is_in_step()


@on_one_database
async def test_a_hold_ends_when_the_rule_gives_what_a_name_gave_before(owners: Owners) -> None:
    await owners.set_members()
    assert len(await owners.held()) == 2
    await owners.set_rules(rules(OWNERS, HELPERS, made=Role.ADMIN))
    assert (await owners.admins(), await owners.held()) == (set(STAFF), set())
    await change_brake(owners.it, COMMAND, owners.connection, "0:0")
    await owners.set_rules(rules(OWNERS, HELPERS))
    assert await owners.admins() == await owners.held() == set(STAFF)
    assert await owners.is_in_step()


async def test_whoever_leaves_loses_no_role(owners: Owners) -> None:
    for name in ("ada", "ben"):
        await owners.installation.ingress.patch(f"/Users/{owners.ids[name]}", LEAVE)
        await owners.installation.deliver()
    await owners.set_members()
    assert (await owners.admins(), await owners.held()) == (set(), set())


@on_one_database
async def test_nobody_loses_a_role_that_the_rule_gives_as_well(owners: Owners) -> None:
    await change_brake(owners.it, COMMAND, owners.connection, "0:0")
    await owners.set_rules(rules(OWNERS, HELPERS, made=Role.ADMIN))
    await owners.set_members()
    assert await owners.admins() == set(STAFF)
    assert await owners.held() == set()
    every = [it async for page in every_held(owners.it, COMMAND, owners.connection) for it in page]
    assert every == []
    await owners.installation.ingress.group("Helpers", *owners.ids.values())
    await owners.installation.deliver()
    assert await owners.admins() == await owners.held() == set(STAFF), "nor to a lower name"
    assert await owners.is_in_step()


@pytest.mark.parametrize("way", ["renamed", "deleted"])
async def test_whoever_is_held_keeps_the_role_of_a_group_that_is_mapped_by_its_id(
    owners: Owners, way: str
) -> None:
    by_id = GroupLine(group=owners.group, role=Role.ADMIN)
    await owners.set_rules(rules().model_copy(update={"group_map": (by_id,)}))
    await change_brake(owners.it, COMMAND, owners.connection, "0:0")
    ingress = owners.installation.ingress
    for name in ("ada", "ben"):
        await ingress.patch(f"/Users/{owners.ids[name]}", LEAVE)
    await owners.installation.deliver()
    await change_brake(owners.it, COMMAND, owners.connection, "9:0")
    if way == "renamed":
        renaming = {"op": "replace", "path": "displayName", "value": "Bosses"}
        answer = await ingress.patch(f"/Groups/{owners.group}", renaming)
    else:
        answer = await ingress.send("DELETE", f"/Groups/{owners.group}")
    assert answer.is_success, answer.text
    await owners.installation.deliver()
    held = {it.identity for it in await list_held(owners.it, COMMAND, owners.connection)}
    assert held == {owners.ids["ada"], owners.ids["ben"]}
    assert await owners.admins() == (set(STAFF) if way == "renamed" else {"ada", "ben"})


@pytest.mark.parametrize("decide", [approve_held, reject_held])
async def test_a_person_who_is_held_as_a_leaver_and_as_an_admin_counts_once(
    owners: Owners, decide: Decide
) -> None:
    await change_brake(owners.it, COMMAND, owners.connection, "0:0")
    await owners.set_members("joe")
    for name in ("ada", "ben", "joe"):
        await owners.installation.ingress.patch(f"/Users/{owners.ids[name]}", LEAVE)
    await owners.installation.deliver()
    held = await list_held(owners.it, COMMAND, owners.connection)
    assert Counter(it.effect for it in held) == {Effect.DEACTIVATION: 3, Effect.ADMIN_ROLE: 3}
    foreseen = await foresee_held(owners.it, COMMAND, owners.connection, None)
    assert foreseen.people == 4
    assert await count_held(owners.it, COMMAND, "Acme") == {owners.connection: 4}
    assert await decide(owners.it, COMMAND, owners.connection, None) == 4
    assert await list_held(owners.it, COMMAND, owners.connection) == []


# --- Admins by the rule -------------------------------------------------------------------------


@pytest.fixture
async def by_rule(databases: Databases) -> AsyncIterator[Owners]:
    """Give Admins by the creation rule, and a group without members that makes editors."""
    async with owners_on(databases, rules(HELPERS, made=Role.ADMIN), "Helpers") as made:
        await made.set_members()
        assert await made.admins() == set(STAFF)
        yield made


@on_one_database
@pytest.mark.parametrize("way", ["a lower group", "a lower line", "another rule"])
async def test_two_lose_the_role_that_the_rule_gave_and_the_others_keep_it(
    by_rule: Owners, way: str
) -> None:
    match way:
        case "a lower group":
            await by_rule.set_members(*STAFF)
        case "a lower line":
            await by_rule.installation.ingress.group("Guests", *by_rule.ids.values())
            guests = RoleLine(name="Guests", role=Role.VIEWER)
            await by_rule.set_rules(rules(HELPERS, guests, made=Role.ADMIN))
        case _:
            await by_rule.set_rules(rules(HELPERS))
    left = await by_rule.admins()
    assert len(left) == 2
    assert await by_rule.held() == left
    assert await by_rule.is_in_step()
    assert await approve_held(by_rule.it, COMMAND, by_rule.connection, None) == 2
    await by_rule.installation.deliver()
    assert (await by_rule.admins(), await by_rule.held()) == (set(), set())
    assert await by_rule.is_in_step()


@on_one_database
async def test_losses_by_a_mapping_and_by_the_rule_count_together(by_rule: Owners) -> None:
    await by_rule.set_rules(rules(OWNERS, HELPERS, made=Role.ADMIN))
    owners = [{"value": by_rule.ids[name]} for name in STAFF[:2]]
    ingress = by_rule.installation.ingress
    group = await ingress.group("Owners", *(it["value"] for it in owners))
    await by_rule.set_members(*STAFF)
    assert len(await by_rule.admins()) == 2, "an owner is no helper alone"
    assert await by_rule.held() == set()
    await ingress.send("DELETE", f"/Groups/{group}")
    await by_rule.installation.deliver()
    assert await by_rule.admins() == await by_rule.held() == set(STAFF[:2])
    assert await by_rule.is_in_step()


@on_one_database
async def test_whoever_is_held_as_an_admin_by_the_rule_is_told_as_before(by_rule: Owners) -> None:
    await by_rule.set_members(*STAFF)
    held = await by_rule.held()
    await by_rule.set_rules(rules(HELPERS, OWNERS, made=Role.EDITOR))
    assert (await by_rule.admins(), await by_rule.held()) == (held, held)
    told = await by_rule.told_of(*held)
    assert {(it.on_create, it.role_lines) for it in told} == {
        (CreateCollaborator(role=Role.ADMIN), ())
    }
    await by_rule.set_rules(DashboardRules(role_map=(HELPERS,)))
    assert (await by_rule.admins(), await by_rule.held()) == (held, held)
    assert await by_rule.is_in_step()


@on_one_database
async def test_a_hold_ends_when_the_rule_gives_the_role_again(by_rule: Owners) -> None:
    await by_rule.set_members(*STAFF)
    held = await by_rule.held()
    await by_rule.set_members(*(set(STAFF) - held))
    assert (await by_rule.admins(), await by_rule.held()) == (held, set())
    assert await by_rule.is_in_step()
    await change_brake(by_rule.it, COMMAND, by_rule.connection, "0:0")
    await by_rule.set_members(*STAFF)
    assert (await by_rule.admins(), await by_rule.held()) == (held, held)


@on_one_database
async def test_a_rejected_loss_is_waived_until_the_rule_gives_the_role_again(
    by_rule: Owners,
) -> None:
    await by_rule.set_members(*STAFF)
    kept = await by_rule.held()
    assert await reject_held(by_rule.it, COMMAND, by_rule.connection, None) == 2
    await by_rule.set_rules(rules(HELPERS, made=Role.VIEWER))
    assert (await by_rule.admins(), await by_rule.held()) == (kept, set())
    await by_rule.set_rules(rules(HELPERS, made=Role.ADMIN))
    await by_rule.set_members()
    await change_brake(by_rule.it, COMMAND, by_rule.connection, "0:0")
    await by_rule.set_members(*kept)
    assert await by_rule.held() == kept
    assert await by_rule.is_in_step()


@on_one_database
async def test_what_the_rule_gave_outlasts_a_rule_that_creates_nothing(by_rule: Owners) -> None:
    await by_rule.set_rules(DashboardRules(role_map=(HELPERS, OWNERS)))
    assert (await by_rule.admins(), await by_rule.held()) == (set(STAFF), set())
    await by_rule.set_members(*STAFF)
    assert len(await by_rule.admins()) == len(await by_rule.held()) == 2
    assert await by_rule.is_in_step()


@on_one_database
async def test_whoever_leaves_loses_no_role_that_the_rule_gave(by_rule: Owners) -> None:
    for name in ("ada", "ben"):
        await by_rule.installation.ingress.patch(f"/Users/{by_rule.ids[name]}", LEAVE)
        await by_rule.installation.deliver()
    await by_rule.set_members(*STAFF)
    assert (await by_rule.admins(), await by_rule.held()) == (set(), set())
    await by_rule.installation.ingress.patch(f"/Users/{by_rule.ids['ada']}", RETURN)
    await by_rule.installation.deliver()
    assert (await by_rule.admins(), await by_rule.held()) == (set(), set())
    assert await by_rule.is_in_step()


async def test_a_preview_tells_whose_role_by_the_rule_would_be_held(by_rule: Owners) -> None:
    it, asked = by_rule.installation.administration, WhatIf(choices_of(rules(HELPERS)))
    found = [effect async for effect in await preview(it, COMMAND, by_rule.connection, asked)]
    names = {id_: name for name, id_ in by_rule.ids.items()}
    held = {names[each.identity] for each in found if each.effect is EffectKind.HOLD}
    lowered = {names[each.identity] for each in found if each.effect is EffectKind.CHANGE}
    assert (len(held), held | lowered) == (2, set(STAFF))
    await by_rule.set_rules(rules(HELPERS))
    assert (await by_rule.admins(), await by_rule.held()) == (held, held)


@on_one_database
async def test_why_tells_that_the_loss_of_a_role_by_the_rule_is_held(by_rule: Owners) -> None:
    await by_rule.set_members(*STAFF)
    person = by_rule.ids[min(await by_rule.held())]
    it = by_rule.installation.administration
    _, answers = await explain(it, COMMAND, by_rule.connection, person)
    [role] = [each for each in answers if each.aspect is Aspect.ROLE]
    assert (role.value, role.rule) == ("admin", "waiting: brake")
