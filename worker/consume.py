"""How are the lanes consumed? Each lane has a task, so that leavers never wait for joiners."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from contracts.clock import Clock, now
from contracts.topology import Lane
from contracts.tracing import UNTRACED, Tracing
from contracts.transport import Consumer, Delivery
from worker.dialects import DownstreamDatabase
from worker.handle_deliveries import Handler
from worker.metrics import WorkerMetrics
from worker.open_deliveries import MAX_BATCH_SIZES
from worker.replan_refused import Replanning
from worker.reports import Reports
from worker.retries import until_stopped, with_retries


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker applies events of both lanes and plans refused identities again. Several may run.

    A worker may be cancelled: uncommitted events are rolled back and delivered again.
    """

    database: DownstreamDatabase
    consumer: Consumer
    metrics: WorkerMetrics
    clock: Clock = now
    tracing: Tracing = UNTRACED

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop`` is set, then finish and answer the batches in hand."""
        reports, freed = Reports(self.metrics), asyncio.Event()
        replanning = Replanning(self.database, reports, stop, freed, self.clock)
        async with asyncio.TaskGroup() as tasks:
            for lane in Lane:
                handler = Handler(
                    self.database, lane, reports, stop, self.clock, freed, tracing=self.tracing
                )
                tasks.create_task(self._consume(handler, stop))
            tasks.create_task(replanning.run())

    async def _consume(self, handler: Handler, stop: asyncio.Event) -> None:
        retries = partial(until_stopped, stop)
        stopping = asyncio.ensure_future(stop.wait())
        receive = partial(self._receive, handler.lane, stopping)
        try:
            while not stop.is_set():
                deliveries: Sequence[Delivery] | None = await with_retries(retries, receive)
                await handler.handle(deliveries or ())
        finally:
            stopping.cancel()

    async def _receive(self, lane: Lane, stopping: asyncio.Future[Any]) -> Sequence[Delivery]:
        """Wait for deliveries or for the stop; deliveries that come with it are returned."""
        receiving = asyncio.ensure_future(self.consumer.receive(lane, MAX_BATCH_SIZES[lane]))
        try:
            await asyncio.wait([receiving, stopping], return_when=asyncio.FIRST_COMPLETED)
            return receiving.result() if receiving.done() else ()
        finally:
            receiving.cancel()
