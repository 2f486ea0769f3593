"""How does a part of Muster run that crashes when ordered to? The real command, watched.

The product has no hooks for this. Commits are watched through SQLAlchemy's events, and statements
that the driver itself runs through its method; the two ends of the broker are exchanged for their
own kind with a crash inside, and the clock is the operating system's with an error added, before
the command begins.
"""

import asyncio
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from aio_pika.abc import AbstractExchange
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from api.outbox.rabbitmq.line import RabbitmqLine
from api.outbox.rabbitmq.publisher import RabbitmqPublisher
from contracts.topology import Lane
from contracts.transport import Delivery, Parcel, Part, PublishOutcome
from deploy.broker import transports
from deploy.cli import run
from deploy.logs import log_to_stderr
from tests.faults.distributed.orders import Orders, Point
from tests.servers.services import adopt_environment
from worker.rabbitmq.consumer import RabbitmqConsumer

MOMENT = 0.001
"""Seconds; enough for a frame to reach the socket, not for a quorum queue to write and confirm."""

WRITTEN = {
    Point.AFTER_COMMIT: re.compile(r'\b(INSERT INTO|UPDATE|DELETE FROM) "?(users|groups|memb)'),
    Point.AFTER_LEASE: re.compile(r"\bUPDATE identities SET due_at\b.* RETURNING", re.DOTALL),
    Point.AFTER_APPLY: re.compile(r"\b(INSERT INTO|UPDATE) sync_records\b"),
    Point.AFTER_JUDGEMENT: re.compile(r"^INSERT INTO brakes\b"),
    Point.AFTER_CLOSING: re.compile(
        r"^(UPDATE connections SET closing_people|DELETE FROM (identities|tokens|connections)\b"
        r"|DELETE FROM users\b.*\bIN \()",
        re.DOTALL,
    ),
}
"""What a transaction has written after whose commit the point lies."""


def points_after(statement: str) -> set[Point]:
    """Return the points that lie after the commit of a statement. Pure."""
    return {point for point, pattern in WRITTEN.items() if pattern.search(statement)}


def run_part(part: str, settings: dict[str, str], orders_file: Path, output: Path) -> None:
    """Run a part to its end, in the process that calls this and has nothing else to do."""
    with output.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    adopt_environment(settings)
    orders = Orders(orders_file)
    _set_clock_wrong(orders)
    _watch_commits(orders)
    _watch_driver(orders)
    _exchange_ends(orders)
    log_to_stderr()
    sys.exit(run([part]))


def _set_clock_wrong(orders: Orders) -> None:
    """Let the wall clock be ahead or behind; what measures durations goes on as it is."""
    true_time, true_time_ns = time.time, time.time_ns
    time.time = lambda: true_time() + orders.clock_ahead / 1_000_000
    time.time_ns = lambda: true_time_ns() + orders.clock_ahead * 1_000


def _watch_commits(orders: Orders) -> None:
    @event.listens_for(Engine, "before_cursor_execute")
    def _note_what_is_written(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        connection.info.setdefault("written", set()).update(points_after(statement))

    @event.listens_for(Engine, "commit")
    def _begin_to_commit(connection: Any) -> None:
        if not connection.invalidated:
            connection.info["committed"] = connection.info.pop("written", set())

    @event.listens_for(Engine, "rollback")
    def _forget(connection: Any) -> None:
        """Nothing was written, unless each statement was committed by itself."""
        if connection.invalidated:
            return
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            _begin_to_commit(connection)
        else:
            connection.info.pop("written", None)

    @event.listens_for(Pool, "checkin")
    def _have_committed(_connection: Any, record: Any) -> None:
        for point in sorted(record.info.pop("committed", ())):
            orders.passes(point)


def _watch_driver(orders: Orders) -> None:
    """See hot statements, of which SQLAlchemy's events of statements tell nothing."""
    known: WeakKeyDictionary[asyncpg.Connection, dict[Any, Any]] = WeakKeyDictionary()
    fetch = asyncpg.Connection.fetch

    @event.listens_for(Pool, "connect")
    def _note_session(session: Any, record: Any) -> None:
        known[session.driver_connection] = record.info

    async def fetch_and_pass(driver: asyncpg.Connection, statement: str, *given: Any) -> Any:
        rows = await fetch(driver, statement, *given)
        for point in sorted(points_after(statement)):
            if driver.is_in_transaction():
                known[driver].setdefault("written", set()).add(point)
            else:  # the statement was a transaction by itself
                orders.passes(point)
        return rows

    asyncpg.Connection.fetch = fetch_and_pass


def _exchange_ends(orders: Orders) -> None:
    class CrashingPublisher(RabbitmqPublisher):
        async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
            outcomes = await super().publish(parcels)
            orders.passes(Point.AFTER_CONFIRM)
            return outcomes

        async def _send(
            self, line: RabbitmqLine, exchange: AbstractExchange, parcel: Parcel
        ) -> PublishOutcome:
            sending = asyncio.ensure_future(super()._send(line, exchange, parcel))
            if orders.expects(Point.AFTER_PUBLISH):
                await asyncio.wait([sending], timeout=MOMENT)
                orders.passes(Point.AFTER_PUBLISH)
            return await sending

    class CrashingConsumer(RabbitmqConsumer):
        async def receive(self, lane: Lane, most: int) -> Sequence[Delivery]:
            return [CrashingDelivery(it, orders) for it in await super().receive(lane, most)]

    transports.RabbitmqPublisher = CrashingPublisher  # type: ignore[attr-defined]
    transports.RabbitmqConsumer = CrashingConsumer  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class CrashingDelivery:
    """A delivery before whose answer the process may end."""

    delivery: Delivery
    orders: Orders

    @property
    def body(self) -> bytes:
        return self.delivery.body

    @property
    def attempts(self) -> int:
        return self.delivery.attempts

    @property
    def unanswered(self) -> int:
        return self.delivery.unanswered

    async def ack(self) -> None:
        self.orders.passes(Point.BEFORE_ACK)
        await self.delivery.ack()

    async def retry(self, after_seconds: float) -> None:
        await self.delivery.retry(after_seconds)

    async def dead_letter(self, reason: str) -> None:
        await self.delivery.dead_letter(reason)

    async def fall_apart(self, parts: Sequence[Part]) -> None:
        self.orders.passes(Point.BEFORE_ACK)
        await self.delivery.fall_apart(parts)
