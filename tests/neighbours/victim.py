"""How is another workspace served meanwhile? Asked as an identity provider and a probe would."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import cycle

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select

from tests.drivers.in_process import Ingress
from tests.neighbours.judgement import Served
from worker.sync.tables import SyncRecordRow

LOOK_UP_PAUSE, LIVENESS_PAUSE, LEAVING_PAUSE = 0.02, 0.1, 0.5
"""Seconds between an answer and the next question."""

APPLICATION_SECONDS = 60
"""How long a leaver is waited for, which is much longer than promised."""

Question = Callable[[], Awaitable[httpx2.Response]]


@dataclass(slots=True)
class Asking:
    """A question that is asked over and over, and how long each answer took, in seconds."""

    question: Question
    pause: float
    enough: bool = False
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Ask until it is enough."""
        while not self.enough:
            begun = time.perf_counter()
            try:
                answer = await self.question()
            except httpx2.TransportError as problem:
                self.wrong.append(type(problem).__name__)
            else:
                if answer.is_error:
                    self.wrong.append(str(answer.status_code))
            self.seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(self.pause)


@dataclass(frozen=True, slots=True)
class Victim:
    """A connection with people who are looked up by name, and people who leave, by their ids."""

    ingress: Ingress
    probe: httpx2.AsyncClient
    downstream: AsyncEngine
    names: list[str]
    working: list[str]

    async def served_during(self, noise: Awaitable[object]) -> Served:
        """Ask until the noise is over, and wait until those who left meanwhile have gone."""
        names, left = cycle(self.names), list[str]()

        async def look_up() -> httpx2.Response:
            params = {"filter": f'userName eq "{next(names)}"'}
            return await self.ingress.http.get("/Users", params=params)

        async def leave() -> httpx2.Response:
            left.append(self.working.pop())
            operation = {"op": "replace", "value": {"active": False}}
            return await self.ingress.patch(f"/Users/{left[-1]}", operation)

        look_ups = Asking(look_up, LOOK_UP_PAUSE)
        liveness = Asking(lambda: self.probe.get("/livez"), LIVENESS_PAUSE)
        leavings = Asking(leave, LEAVING_PAUSE)
        async with asyncio.TaskGroup() as tasks:
            for asking in (look_ups, liveness, leavings):
                tasks.create_task(asking.run())
            await noise
            for asking in (look_ups, liveness, leavings):
                asking.enough = True
        return Served(
            look_ups.seconds,
            liveness.seconds,
            leavings.seconds,
            await self._applied(left),
            [*look_ups.wrong, *liveness.wrong, *leavings.wrong],
        )

    async def _applied(self, left: list[str]) -> list[float]:
        """Return the seconds from each one's deactivation to the transaction that applied it.

        It is committed milliseconds later, which the promise of five seconds leaves out.
        """
        changed = {row["id"]: row for row in await self.ingress.identities() if row["id"] in left}
        async with asyncio.timeout(APPLICATION_SECONDS):
            while True:
                applied = await self._records(left)
                if all(applied.get(it, (0, 0))[0] >= changed[it]["version"] for it in left):
                    break
                await asyncio.sleep(0.05)  # a database gives no event to wait for
        return [(applied[it][1] - changed[it]["changed_at"]) / 1_000_000 for it in left]

    async def _records(self, identities: list[str]) -> dict[str, tuple[int, int]]:
        """Return which version of each identity was applied last, and when."""
        record = SyncRecordRow
        async with self.downstream.connect() as db:
            rows = await db.execute(
                select(record.identity, record.applied_version, record.applied_at).where(
                    col(record.connection) == self.ingress.connection,
                    col(record.identity).in_(identities),
                )
            )
            return {row.identity: (row.applied_version, row.applied_at) for row in rows}
