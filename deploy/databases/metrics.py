"""How are databases? Gauges tell which take writes, and how many connections are in use.

All other figures come from reads, and tell neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from contracts.health import Check, run_checks


class DatabaseMetrics:
    """The metrics about databases of one process, in the registry that it serves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.takes_writes = Gauge(
            "muster_database_takes_writes",
            "1 while a database answers and takes writes.",
            ["database"],
            registry=registry,
        )
        self.connections = Gauge(
            "muster_database_connections",
            "Connections of the process to a database: busy with work, or idle.",
            ["database", "use"],
            registry=registry,
        )

    def count_connections(self, database: str, engines: Sequence[AsyncEngine]) -> None:
        """Count the connections of a database at each scrape."""
        pools = [it.pool for it in engines if isinstance(it.pool, QueuePool)]
        for use, count in ("busy", QueuePool.checkedout), ("idle", QueuePool.checkedin):
            self.connections.labels(database, use).set_function(
                lambda count=count: sum(map(count, pools))  # type: ignore[misc]
            )


@dataclass(frozen=True, slots=True)
class DatabaseObservation:
    """Sets at each scrape the gauge that tells whether one database takes writes."""

    metrics: DatabaseMetrics
    database: str
    check: Check

    async def observe(self) -> None:
        """Run the check of readiness, and set the gauge to its result."""
        health = await run_checks([self.check])
        self.metrics.takes_writes.labels(self.database).set(health.is_ready)
