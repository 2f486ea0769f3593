"""How do processes share the rate of a connection? Two statements a second tell each its share.

For each connection, the row of no process is the bucket of all: ``at`` is when it will be full
again, which is one integer, exact however often it is changed. Each process adds the requests that
it has taken. Its own row tells its demand of late, and shares are in proportion to demands. The
requests that processes take too many in a second are missing from the bucket afterwards, so that
the sum is right.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import structlog
from pydantic_core import to_json
from sqlalchemy import (
    BigInteger,
    ColumnClause,
    Insert,
    Integer,
    String,
    bindparam,
    case,
    column,
    func,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert

from api.directory.administration_tables import RateShare
from api.directory.dialects import DirectoryDatabase, insert_for, rows_in
from api.directory.tables import ApiTable
from api.fairness.rates import Demand, Grant, Rates
from api.retries import pause
from contracts.clock import Clock, now
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

SHARES = ApiTable.metadata.tables[str(RateShare.__tablename__)]

OF_ALL = ""
"""The name of no process, in the row of the bucket that all processes share."""

EVERY_SECONDS = 1.0
SOONEST_SECONDS = 0.2
"""How often leases are renewed, and how soon if one is new or used up."""

RECENT = 3_000_000
"""Microseconds for which the demand of another process counts."""

CONNECTIONS_AT_ONCE = 1_000
"""Connections of one statement."""

COLUMNS: Sequence[ColumnClause[Any]] = [
    column("connection_id", String),
    column("process", String),
    column("asked", Integer),
    column("at", BigInteger),
]


@dataclass(slots=True)
class RateExchange:
    """Tells the demands of one process to the others, and renews its leases."""

    rates: Rates
    database: DirectoryDatabase
    clock: Clock = now
    process: str = field(default_factory=lambda: secrets.token_hex(8))

    async def run(self, stop: asyncio.Event) -> None:
        """Renew leases until stopped. While the database is away, leases go on as they are."""
        while not stop.is_set():
            self.rates.wanted.clear()
            try:
                await self.exchange()
            except Exception as error:  # noqa: BLE001 - the next exchange may succeed
                LOG.warning("rates_not_exchanged", error=told_of(error))
            await pause(SOONEST_SECONDS, stop)
            if not stop.is_set():
                await self._wait(stop)

    async def exchange(self) -> None:
        """Tell the demands, and renew the leases."""
        demands = self.rates.demands()
        for start in range(0, len(demands), CONNECTIONS_AT_ONCE):
            some = demands[start : start + CONNECTIONS_AT_ONCE]
            self.rates.grant(some, await self._told(some))

    async def _wait(self, stop: asyncio.Event) -> None:
        """Wait for the next exchange: a moment if one is wanted, and a second else."""
        ends = [asyncio.ensure_future(it.wait()) for it in (self.rates.wanted, stop)]
        await asyncio.wait(
            ends, timeout=EVERY_SECONDS - SOONEST_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for each in ends:
            each.cancel()

    async def _told(self, demands: Sequence[Demand]) -> Mapping[str, Grant]:
        """Write demands, and return the grants by connection."""
        at, rate = self.clock(), self.rates.rate
        rows = [row for it in demands for row in self._rows_of(it, at)]
        given = {
            "rows": to_json(rows).decode(),
            "now": at,
            "latest": at + 2 * _micros(rate.full_after),
        }
        connections = {"connections": [it.connection for it in demands]}
        asked_of = {"own": self.process, "recent": at - RECENT} | connections
        async with self.database.write_at_once() as db:
            full_at = {row[0]: row[1] for row in await db.execute(_taking(), given) if row[1]}
            others = {row[0]: row[1] for row in await db.execute(OTHERS, asked_of)}
        return {
            it.connection: Grant(
                left=rate.burst - max(0, full_at[it.connection] - at) / 1e6 * rate.per_second,
                share=it.asked / (it.asked + others.get(it.connection, 0)),
            )
            for it in demands
        }

    def _rows_of(self, demand: Demand, at: int) -> Sequence[Mapping[str, Any]]:
        taken = _micros(demand.taken / self.rates.rate.per_second)
        connection = {"connection_id": demand.connection}
        return [
            connection | {"process": OF_ALL, "asked": 0, "at": at + taken},
            connection | {"process": self.process, "asked": demand.asked, "at": at},
        ]


OTHERS = (
    select(SHARES.c.connection_id, func.sum(SHARES.c.asked))
    .where(
        SHARES.c.connection_id.in_(bindparam("connections", expanding=True)),
        SHARES.c.process.not_in([OF_ALL, bindparam("own")]),
        SHARES.c.at > bindparam("recent"),
    )
    .group_by(SHARES.c.connection_id)
)
"""Selects the demands on the other processes of late, by connection."""


@cache
def _taking() -> Insert:
    """Return the statement that empties buckets by the requests taken, and writes demands.

    A bucket that would be full much later than an empty one is of a clock that was ahead.
    """
    rows = rows_in(bindparam("rows", type_=String), COLUMNS, "postgresql")
    sent = select(*rows.c).where(true()).order_by(rows.c.connection_id, rows.c.process)
    insert = insert_for("postgresql", SHARES).from_select([it.name for it in COLUMNS], sent)
    assert isinstance(insert, PostgresInsert)
    new, at = insert.excluded, bindparam("now", type_=BigInteger)
    full = func.greatest(func.least(SHARES.c.at, bindparam("latest", type_=BigInteger)), at)
    return insert.on_conflict_do_update(
        index_elements=[SHARES.c.connection_id, SHARES.c.process],
        set_={
            "asked": new.asked,
            "at": case((SHARES.c.process == OF_ALL, full + new.at - at), else_=new.at),
        },
    ).returning(SHARES.c.connection_id, case((SHARES.c.process == OF_ALL, SHARES.c.at)))


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)
