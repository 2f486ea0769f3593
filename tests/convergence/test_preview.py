"""Does a preview tell what then happens? Whatever the history and what is still to come of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import select

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DOWNSTREAM
from tests.convergence.deliveries import cuts
from tests.convergence.downstream import POLICIES
from tests.convergence.histories import Histories
from tests.convergence.stored_world import empty, read_world, write_things
from tests.drivers.examples import examples
from tests.drivers.platform import Platform
from tests.readings.effects import refusals_of, seen_of
from tests.servers.migrated import FileTemplates
from worker.dialects import DownstreamDatabase
from worker.planning.facts import IdentityKey, key_of_event
from worker.preview import PlannedPreview
from worker.schema import WorkerTable

HOW_MANY = settings(
    max_examples=examples(40),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class Previewed(Histories):
    """Delivers some of the events; the newest of the others are previewed, and then delivered."""

    database: ClassVar[DownstreamDatabase]
    runner: ClassVar[asyncio.Runner]

    def end(self) -> None:
        self.runner.run(self._compare())

    async def _compare(self) -> None:
        platform = Platform(self.database)
        await empty(platform.database)
        await write_things(platform.database, self.things, POLICIES)
        delivered, coming = _divided(self.directory.events, self.random)
        for batch in cuts(delivered, self.random):
            await platform.apply(*batch)
        seen, rows = seen_of(await read_world(platform.database)), await _rows(platform.database)
        pages = _pages([*cuts(coming, self.random)])
        effects = [it async for it in PlannedPreview(platform.database).of(pages)]
        assert await _rows(platform.database) == rows
        await platform.apply(*coming)
        after = await read_world(platform.database)
        seen.follow(effects)
        assert seen.picture == seen_of(after).picture
        assert refusals_of(effects) == {
            (*key, refused.action.value, refused.reason.value)
            for key in map(key_of_event, coming)
            if key in after.refused
            for refused in after.refused[key].refusals
        }


def _divided(
    events: Sequence[IdentityChanged], random: Random
) -> tuple[list[IdentityChanged], list[IdentityChanged]]:
    """Return the events up to some moment, and the newest of each identity after it."""
    moment = random.randint(0, len(events))
    newest: dict[IdentityKey, IdentityChanged] = {key_of_event(it): it for it in events[moment:]}
    coming = sorted(newest.values(), key=lambda it: (it.version, key_of_event(it)))
    return list(events[:moment]), coming


async def _pages(pages: list[list[IdentityChanged]]) -> AsyncIterator[list[IdentityChanged]]:
    for page in pages:
        yield page


async def _rows(database: DownstreamDatabase) -> dict[str, list[Any]]:
    async with database.read() as db:
        return {
            table.name: sorted(map(tuple, await db.execute(select(table))), key=str)
            for table in WorkerTable.metadata.sorted_tables
        }


@pytest.mark.parametrize("portal", list(Portal))
def test_a_preview_tells_what_then_happens_and_changes_nothing(
    portal: Portal, tmp_path: Path, file_templates: FileTemplates
) -> None:
    reading, writing = open_engines(file_templates.copy(DOWNSTREAM, tmp_path / "downstream.db"))
    database = DownstreamDatabase(reading, writing)
    with asyncio.Runner() as runner:
        shared = {"portal": portal, "database": database, "runner": runner}
        kind = type(f"{portal}Previewed", (Previewed,), shared)
        run_state_machine_as_test(kind, settings=HOW_MANY)
        runner.run(reading.dispose())
        runner.run(writing.dispose())
