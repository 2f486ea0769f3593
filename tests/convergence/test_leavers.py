"""Is the end an end, whoever yielded what? The newest states once more change nothing."""

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal
from deploy.databases.engines import open_engines
from tests.convergence.deliveries import cuts, deliver, mixed_up
from tests.convergence.downstream import made_by_hand, world_with
from tests.convergence.invariants import check_at_rest
from tests.convergence.leavers import Leavers
from tests.convergence.stored_world import empty, read_world, write_things
from tests.drivers.examples import examples
from tests.drivers.platform import Platform
from worker.dialects import DownstreamDatabase

HOW_MANY = settings(
    max_examples=examples(300),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
NO_THINGS = made_by_hand(Portal.STORE, {})


class LeaversInMemory(Leavers):
    """Delivers now and then what has happened since, mixed up, and looks at each rest."""

    def __init__(self) -> None:
        super().__init__()
        self.world = world_with(NO_THINGS)
        self.known = 0

    @rule()
    def rest(self) -> None:
        events = self.directory.events[self.known :]
        self.known = len(self.directory.events)
        deliver(self.world, mixed_up(events, self.random))
        check_at_rest(self.world, self.directory.newest())

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.rest()


class LeaversInSql(Leavers):
    """Delivers everything in batches to a database that was emptied."""

    database: ClassVar[DownstreamDatabase]
    runner: ClassVar[asyncio.Runner]

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.runner.run(self._end())

    async def _end(self) -> None:
        platform = Platform(self.database)
        await empty(platform.database)
        await write_things(platform.database, NO_THINGS, ())
        await self._deliver(platform, mixed_up(self.directory.events, self.random))
        world = await read_world(platform.database)
        check_at_rest(world, self.directory.newest())

    async def _deliver(self, platform: Platform, events: Sequence[IdentityChanged]) -> None:
        for batch in cuts(events, self.random):
            await platform.apply(*batch)


def test_the_newest_states_once_more_change_nothing() -> None:
    run_state_machine_as_test(LeaversInMemory, settings=HOW_MANY)


def test_nor_do_they_in_a_database(downstream_url: str) -> None:
    reading, writing = open_engines(downstream_url)
    with asyncio.Runner() as runner:
        shared = {"database": DownstreamDatabase(reading, writing), "runner": runner}
        kind = type("LeaversHere", (LeaversInSql,), shared)
        run_state_machine_as_test(kind, settings=settings(HOW_MANY, max_examples=examples(30)))
        runner.run(reading.dispose())
        runner.run(writing.dispose())
