"""Does the database end as the pure world does, whatever the batches and bundles? On SQLite."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from contracts.identity_changed import IdentityChanged
from contracts.rules import Portal
from deploy.databases.engines import open_engines
from deploy.databases.migrations import DOWNSTREAM
from tests.convergence.deliveries import cuts, deliver, mixed_up
from tests.convergence.downstream import POLICIES, Painter, world_with
from tests.convergence.histories import Histories
from tests.convergence.invariants import check_at_rest
from tests.convergence.shared_addresses import shared_addresses
from tests.convergence.stored_world import empty, read_world, write_things
from tests.drivers.examples import examples
from tests.drivers.platform import Platform, bundle
from tests.drivers.toy_downstream import ToyDownstream
from tests.servers.migrated import FileTemplates
from worker.dialects import DownstreamDatabase

HOW_MANY = settings(
    max_examples=examples(30),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class DeliveredToSql(Histories):
    """Delivers mixed up in batches or bundles to a database, in order to a world in memory."""

    database: ClassVar[DownstreamDatabase]
    runner: ClassVar[asyncio.Runner]

    def end(self) -> None:
        events = self.directory.events
        newest = self.directory.newest()
        in_order = world_with(self.things)
        deliver(in_order, events)
        stored = self.runner.run(self._stored(cuts(mixed_up(events, self.random), self.random)))
        check_at_rest(stored, newest)
        shared = shared_addresses(events, self.things.addresses.values())
        if self.admins_are_settled([in_order, stored], shared):
            painter = Painter(self.things, shared, newest)
            assert painter.picture(stored) == painter.picture(in_order)

    async def _stored(self, arriving: Iterator[Sequence[IdentityChanged]]) -> ToyDownstream:
        platform = Platform(self.database)
        await empty(platform.database)
        await write_things(platform.database, self.things, POLICIES)
        for batch in arriving:
            if self.random.random() < 0.5:
                await platform.apply(*batch)
            else:
                await platform.deliver(*(bundle(*cut) for cut in cuts(batch, self.random)))
        return await read_world(platform.database)


@pytest.mark.parametrize("portal", list(Portal))
def test_the_database_ends_as_the_pure_world_does(
    portal: Portal, tmp_path: Path, file_templates: FileTemplates
) -> None:
    reading, writing = open_engines(file_templates.copy(DOWNSTREAM, tmp_path / "downstream.db"))
    database = DownstreamDatabase(reading, writing)
    with asyncio.Runner() as runner:
        shared = {"portal": portal, "database": database, "runner": runner}
        kind = type(f"{portal}InSql", (DeliveredToSql,), shared)
        run_state_machine_as_test(kind, settings=HOW_MANY)
        runner.run(reading.dispose())
        runner.run(writing.dispose())
