"""What does the worker count and measure? This module defines every metric of the worker.

No label is a person, a tenant or the text of an error.
"""

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from contracts.rules import Portal
from contracts.topology import Lane
from worker.planning.actions import DeviceActionKind, Outcome, Reason
from worker.retries import FailureKind
from worker.sync.open_problems import OpenProblems

SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
HOURS = (900.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0, 86400.0)
LAG_BUCKETS = SECONDS + HOURS
"""Upper bounds in seconds. 5 is the objective for leavers; a backlog takes hours, up to a day."""

BATCH_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

RETRIED, FAILED = "retried", "failed"
"""Outcomes of an event without an applied plan."""


class WorkerMetrics:
    """The worker's metrics of one process, in the registry that the process serves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.events = Counter(
            "muster_events",
            "Events handled, by what became of them.",
            ["portal", "outcome"],
            registry=registry,
        )
        self.undecodable = Counter(
            "muster_undecodable_events",
            "Deliveries put among the dead letters because they cannot be read.",
            registry=registry,
        )
        self.sync_lag = Histogram(
            "muster_sync_lag_seconds",
            "Time from the answer to a change to the commit that applies it downstream.",
            ["lane"],
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.batch_seconds = Histogram(
            "muster_batch_duration_seconds",
            "Time that one transaction of planning and applying takes.",
            ["lane"],
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        self.device_actions = Counter(
            "muster_device_actions",
            "Device actions applied.",
            ["action"],
            registry=registry,
        )
        self.refusals = Counter(
            "muster_refusals",
            "Actions refused when an event was planned.",
            ["reason"],
            registry=registry,
        )
        self.failures = Counter(
            "muster_failures",
            "Events given up after every retry.",
            ["kind"],
            registry=registry,
        )
        self.standing_refusals = Gauge(
            "muster_standing_refusals",
            "Actions that are refused at present.",
            ["reason"],
            registry=registry,
        )
        self.standing_failures = Gauge(
            "muster_standing_failures",
            "Identities whose newest event is given up at present.",
            ["kind"],
            registry=registry,
        )
        self.paused = Gauge(
            "muster_consuming_paused",
            "1 while a lane waits for the downstream database, or for a lock on a table of it.",
            ["lane"],
            registry=registry,
        )
        self.locked_out = Counter(
            "muster_locked_out_events",
            "Deliveries set aside because somebody else held a row that they need.",
            ["lane"],
            registry=registry,
        )
        self.connected = Gauge(
            "muster_consumer_connected",
            "1 while deliveries can come from the transport.",
            registry=registry,
        )
        self._initialise_series()

    def observe_open_problems(self, problems: OpenProblems | None) -> None:
        """Set the gauges of refusals and failures; NaN where the problems could not be counted."""
        for reason in Reason:
            count = nan if problems is None else problems.refusals.get(reason, 0)
            self.standing_refusals.labels(reason).set(count)
        for kind in FailureKind:
            count = nan if problems is None else problems.failures.get(kind, 0)
            self.standing_failures.labels(kind).set(count)

    def _initialise_series(self) -> None:
        """Create every series with 0, so that a rate sees the first event of each."""
        for lane in Lane:
            self.sync_lag.labels(lane)
            self.batch_seconds.labels(lane)
            self.paused.labels(lane)
            self.locked_out.labels(lane)
        for portal in Portal:
            for outcome in (*Outcome, RETRIED, FAILED):
                self.events.labels(portal, outcome)
        for action in DeviceActionKind:
            self.device_actions.labels(action)
        for reason in Reason:
            self.refusals.labels(reason)
        for kind in FailureKind:
            self.failures.labels(kind)
