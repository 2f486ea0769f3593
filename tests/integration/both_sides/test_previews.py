"""Does a preview tell what then happens? For random rules and directories, on both databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from sqlalchemy import MetaData, select

from api.admin.actors import COMMAND
from api.admin.brakes import change_brake
from api.admin.change_rules import change_rules
from api.admin.connection_states import change_state
from api.admin.held import approve_held
from api.admin.preview import WhatIf, preview
from api.admin.rule_choices import RuleChoices, choices_of
from api.directory.connection_states import Verb
from api.directory.leavings import Leaving
from api.directory.tables import ApiTable
from api.metrics import ApiMetrics
from contracts.downstream.preview import EffectKind, PlannedEffect
from contracts.rules import (
    ChangePolicy,
    CreateMdmEmployee,
    MdmRules,
    Portal,
    RemoveUserAndDevices,
    Role,
    Rules,
)
from deploy.databases.migrations import DIRECTORY, DOWNSTREAM
from deploy.databases.open_databases import Databases
from tests.convergence.directory import WORKSPACE
from tests.convergence.downstream import POLICIES, made_by_hand
from tests.convergence.histories import BOSS
from tests.convergence.stored_world import empty, read_world, write_things
from tests.convergence.strategies import RULES_OF, hand_made
from tests.drivers.both_sides import (
    Courier,
    Installation,
    installation_on,
    opened_on_both_sides,
)
from tests.drivers.in_process import Ingress, ingress_on
from tests.integration.both_sides.stories import Story
from tests.readings.effects import refusals_of, seen_of
from tests.servers.migrated import NewDatabase
from worker.schema import WorkerTable

EXAMPLES, EXAMPLES_ON_POSTGRES = 25, 8
"""The stories that are told. Each takes some hundred requests, which last longer on a server."""

INACTIVE = {"op": "replace", "path": "active", "value": False}
BRAKES = ["50:10", "0:0", "1:0", "1:50"]

HOW_MANY = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True, slots=True)
class Both:
    """Both databases, the api in front of them, and the loop in which they are open."""

    databases: Databases
    api: Ingress
    runner: asyncio.Runner

    async def installation(self, rules: Rules) -> Installation:
        """Switch SCIM on for one connection more."""
        ingress, downstream = await self.api.neighbour(WORKSPACE, rules), self.databases.downstream
        registry = CollectorRegistry()
        metrics = ApiMetrics(registry)
        return Installation(ingress, downstream, Courier(downstream), registry, metrics)


@asynccontextmanager
async def served(new_database_url: NewDatabase) -> AsyncIterator[tuple[Databases, Ingress]]:
    """Open both databases, and serve them."""
    urls = new_database_url(DIRECTORY), new_database_url(DOWNSTREAM)
    async with (
        opened_on_both_sides(*urls) as databases,
        ingress_on(databases.directory, workspace="Elsewhere") as api,
    ):
        yield databases, api


@pytest.fixture
def both(new_database_url: NewDatabase) -> Iterator[Both]:
    """Give a directory and a downstream that all examples of a test share."""
    with asyncio.Runner() as runner:
        opened = served(new_database_url)
        databases, api = runner.run(opened.__aenter__())
        yield Both(databases, api, runner)
        runner.run(opened.__aexit__(None, None, None))


async def rows_of(database: Any, metadata: MetaData) -> dict[str, list[Any]]:
    async with database.read() as db:
        return {
            table.name: list(await db.execute(select(table).order_by(*table.primary_key)))
            for table in metadata.sorted_tables
        }


async def stores(databases: Databases) -> list[dict[str, list[Any]]]:
    """Return every row of both sides."""
    return [
        await rows_of(databases.directory, ApiTable.metadata),
        await rows_of(databases.downstream, WorkerTable.metadata),
    ]


async def told(installation: Installation, asked: WhatIf) -> list[PlannedEffect]:
    """Return the effects of a preview, which has to leave both stores as they are."""
    databases = Databases(installation.ingress.database, installation.downstream)
    before = await stores(databases)
    it, connection = installation.administration, installation.ingress.connection
    effects = [effect async for effect in await preview(it, COMMAND, connection, asked)]
    assert await stores(databases) == before
    return effects


async def do(story: Story, asked: WhatIf) -> set[str]:
    """Do in truth what a preview has imagined, and let it arrive downstream.

    Return the identities that were published.
    """
    installation = story.installation
    it, connection = installation.administration, installation.ingress.connection
    if asked.changes_rules:
        await change_rules(it, COMMAND, connection, asked.rules)
    waiting = await held(installation) | await held(installation, Leaving.WAIVED)
    for leaver in asked.leavers:
        if (leaver, "leaving") in waiting:
            await approve_held(it, COMMAND, connection, [leaver])
        else:
            await story.leave(leaver)
    if asked.goes_live:
        await change_state(it, COMMAND, connection, Verb.RESUME)
    published = await installation.ingress.marked()
    await arrive(installation)
    return published


async def held(installation: Installation, as_what: Leaving = Leaving.HELD) -> set[Any]:
    """Return whose losses are held, each with the column that says so."""
    names = "leaving", "admin_hold"
    row = ApiTable.metadata.tables["identities"].c
    async with installation.ingress.database.read() as db:
        of_both = [(await db.scalars(select(row.id).where(row[it] == as_what))) for it in names]
        return {(id_, name) for name, ids in zip(names, of_both, strict=True) for id_ in ids}


def holds_of(effects: list[PlannedEffect]) -> set[tuple[str, str]]:
    """Return whose losses would be held, each with the column that would say so."""
    holds = [it for it in effects if it.effect is EffectKind.HOLD]
    assert all((it.after, it.reason) == (None, "brake") for it in holds)
    found = [(it.identity, (it.before or {})["held"]) for it in holds]
    return {(id_, "admin_hold" if of == "admin-role" else "leaving") for id_, of in found}


async def arrive(installation: Installation) -> None:
    await installation.deliver()
    await installation.replan()


def names_no_unknown_policy(rules: Rules) -> bool:
    named = rules.on_deactivate
    return not isinstance(named, ChangePolicy) or named.policy in POLICIES


@dataclass(frozen=True, slots=True)
class Case:
    """An example: the rules at first and later, what is there by hand, and chances."""

    first: Rules
    later: Rules | None
    by_hand: dict[str, Role]
    leavers: int
    stops: bool
    brake: str
    seed: int


@st.composite
def cases(draw: st.DrawFn, portal: Portal) -> Case:
    rules = RULES_OF[portal]
    return Case(
        draw(rules),
        draw(st.none() | rules.filter(names_no_unknown_policy)),
        draw(hand_made) | ({BOSS: Role.ADMIN} if draw(st.booleans()) else {}),
        draw(st.integers(0, 2)),
        draw(st.booleans()),
        draw(st.sampled_from(BRAKES)),
        draw(st.integers(0, 2**32)),
    )


async def compare(both: Both, portal: Portal, case: Case) -> None:
    downstream = both.databases.downstream
    await empty(downstream)
    await write_things(downstream, made_by_hand(portal, case.by_hand), POLICIES)
    random = Random(case.seed)  # noqa: S311
    installation = await both.installation(case.first)
    await installation.ingress.settle()
    it, connection = installation.administration, installation.ingress.connection
    await change_brake(it, COMMAND, connection, case.brake)
    story = Story(installation, random)
    await story.go_on(random.randint(0, 12))
    await arrive(installation)
    if case.stops:
        await change_state(it, COMMAND, connection, random.choice([Verb.PAUSE, Verb.OBSERVE]))
        await story.go_on(random.randint(0, 12))
    people = sorted(story.people)
    asked = WhatIf(
        RuleChoices() if case.later is None else choices_of(case.later),
        random.sample(people, min(len(people), case.leavers)),
        goes_live=case.stops,
    )
    if asked.is_empty:
        return
    seen = seen_of(await read_world(downstream))
    held_before = await held(installation)
    effects = await told(installation, asked)
    published = await do(story, asked)
    after = await read_world(downstream)
    seen.follow(effects)
    assert seen.picture == seen_of(after).picture
    assert holds_of(effects) == await held(installation) - held_before
    assert refusals_of(effects) == {
        (*key, refused.action.value, refused.reason.value)
        for key, waiting in after.refused.items()
        if key.identity in published
        for refused in waiting.refusals
    }


@pytest.mark.parametrize("portal", list(Portal))
def test_a_preview_tells_what_then_happens_and_writes_nothing(both: Both, portal: Portal) -> None:
    on_file = both.databases.directory.has_one_writer
    examples = EXAMPLES if on_file else EXAMPLES_ON_POSTGRES

    @settings(HOW_MANY, max_examples=examples)
    @given(cases(portal))
    def holds(case: Case) -> None:
        both.runner.run(compare(both, portal, case))

    holds()


DEVICES_TOO = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUserAndDevices())


@pytest.mark.parametrize("stops", [True, False])
async def test_whoever_the_brake_would_hold_is_told_as_held(
    databases: Databases, stops: bool
) -> None:
    """People leave in their order: the first ones by the provider's clock, or by the question."""
    async with installation_on(databases, DEVICES_TOO) as installation:
        it, ingress = installation.administration, installation.ingress
        names = ("ada", "ben", "eve", "joe")
        emails = [f"{name}@acme.test" for name in names]
        ids = [await ingress.user(email) for email in emails]
        await arrive(installation)
        devices = {"S-1": emails[2], "S-2": emails[2]}
        for serial, email in devices.items():
            await installation.inventory.devices.add("Acme", serial, assigned_to=email)
        await change_brake(it, COMMAND, ingress.connection, "1:50")
        in_order = [ids[2], ids[3], ids[0], ids[1]]
        if stops:
            await change_state(it, COMMAND, ingress.connection, Verb.PAUSE)
            for leaver in in_order:
                await ingress.patch(f"/Users/{leaver}", INACTIVE)
        asked = WhatIf(goes_live=True) if stops else WhatIf(leavers=in_order)
        effects = await told(installation, asked)
        removed = [each.identity for each in effects if each.effect is EffectKind.REMOVE]
        holds = [each for each in effects if each.effect is EffectKind.HOLD]
        assert set(removed) == set(in_order[:2])
        assert [(each.identity, each.before) for each in holds] == [
            (ids[0], {"held": "deactivation", "email": emails[0]}),
            (ids[1], {"held": "deactivation", "email": emails[1]}),
        ]
        await change_brake(it, COMMAND, ingress.connection, "1:0")
        effects = await told(installation, asked)
        kinds = [(each.identity, (each.before or {})["held"]) for each in effects[:1]]
        assert kinds == [(ids[2], "device")]
