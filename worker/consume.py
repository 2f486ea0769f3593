"""Who takes events off the lanes? One task each, so that a leaver never waits for joiners."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from contracts.clock import Clock, now
from contracts.topology import Lane
from contracts.transport import Consumer, Delivery
from worker.dialects import DownstreamDatabase
from worker.handle_deliveries import Handler
from worker.metrics import WorkerMetrics
from worker.replan_refused import Replanning
from worker.reports import Reports
from worker.retries import until_stopped

MOST = {Lane.URGENT: 50, Lane.BULK: 200}
"""Events in one transaction. On SQLite both lanes share one writer, so a leaver may wait for a
batch of joiners: with 200 that is some 50 ms. On PostgreSQL each has a connection of its own."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Applies events from both lanes and plans refused ones again. Several may run.

    Cancelling it is safe, too: what is not committed is rolled back and comes again.
    """

    database: DownstreamDatabase
    consumer: Consumer
    metrics: WorkerMetrics
    clock: Clock = now

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; the batches in hand are finished and answered first."""
        reports, freed = Reports(self.metrics), asyncio.Event()
        replanning = Replanning(self.database, reports, stop, freed, self.clock)
        async with asyncio.TaskGroup() as tasks:
            for lane in Lane:
                handler = Handler(self.database, lane, reports, stop, self.clock, freed)
                tasks.create_task(self._serve(handler, stop))
            tasks.create_task(replanning.run())

    async def _serve(self, handler: Handler, stop: asyncio.Event) -> None:
        while not stop.is_set():
            deliveries: Sequence[Delivery] | None
            deliveries = await until_stopped(stop)(self._receive, handler.lane, stop)
            await handler.handle(deliveries or ())

    async def _receive(self, lane: Lane, stop: asyncio.Event) -> Sequence[Delivery]:
        """Wait for deliveries, or for the stop; what arrives with it is still taken."""
        receiving = asyncio.ensure_future(self.consumer.receive(lane, MOST[lane]))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait([receiving, stopping], return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else ()
        finally:
            receiving.cancel()
            stopping.cancel()
