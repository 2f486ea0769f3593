"""Which databases take writes? A gauge tells it, because all other figures come from reads."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge

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


@dataclass(frozen=True, slots=True)
class DatabaseObservation:
    """Sets the gauge of one database at each scrape."""

    metrics: DatabaseMetrics
    database: str
    check: Check

    async def observe(self) -> None:
        """Run the check of readiness, and set the gauge to its result."""
        health = await run_checks([self.check])
        self.metrics.takes_writes.labels(self.database).set(health.is_ready)
