"""What does the api's side count and measure? Prometheus reads these metrics of api and relay.

No label is a person, a tenant or the text of an error.
"""

from collections import Counter as Count
from collections.abc import Iterable, Sequence
from math import inf, nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from api.directory.brake_limits import Effect
from api.directory.connection_states import ConnectionState
from api.directory.identity_listing import CountedMarks
from contracts.exemplars import exemplar_of
from contracts.topology import Lane
from contracts.transport import (
    Backlog,
    Confirmed,
    EventOutcome,
    Rejected,
    RetryAfter,
    TransportState,
    Unknown,
)

REQUEST_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds; 0.5 is the objective for answers."""

HELD_BY = (ConnectionState.PAUSED, ConnectionState.OBSERVING)
"""The states of a connection that hold its changes back."""

SERVER_ERRORS = (500, 503)
"""The statuses of answers for which Muster itself is at fault."""

PUBLICATIONS = {
    Confirmed: "confirmed",
    RetryAfter: "retry_wanted",
    Unknown: "unknown",
    Rejected: "rejected",
}
"""The label values of the outcomes of publications."""


class ApiMetrics:
    """The metrics of one process, in the registry that it serves."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.request_seconds = Histogram(
            "muster_scim_request_duration_seconds",
            "Time from a SCIM request to its answer.",
            ["operation", "status"],
            buckets=REQUEST_BUCKETS,
            registry=registry,
        )
        self._requests: dict[tuple[str, int], Histogram] = {}
        self.publications = Counter(
            "muster_publications",
            "Events published by the relay, by what became of them.",
            ["lane", "outcome"],
            registry=registry,
        )
        self.dirty_marks = Gauge(
            "muster_dirty_marks",
            "Identities of connections that publish, whose newest state is not published yet.",
            ["lane"],
            registry=registry,
        )
        self.oldest_mark_seconds = Gauge(
            "muster_oldest_dirty_mark_age_seconds",
            "Age of the oldest mark; 0 where there is none.",
            ["lane"],
            registry=registry,
        )
        self.held = Gauge(
            "muster_held_identities",
            "Identities whose newest state waits for an administrator, by the reason.",
            ["reason"],
            registry=registry,
        )
        self.oldest_held_seconds = Gauge(
            "muster_oldest_held_loss_age_seconds",
            "How long the longest held loss has waited for an administrator; 0 where none does.",
            ["reason"],
            registry=registry,
        )
        self.unpublishable = Gauge(
            "muster_unpublishable_identities",
            "Identities whose newest event is larger than the transport takes.",
            registry=registry,
        )
        self.broker_connected = Gauge(
            "muster_publisher_connected",
            "1 while the relay can reach the transport.",
            registry=registry,
        )
        self.broker_blocked = Gauge(
            "muster_broker_blocked",
            "1 while the broker takes nothing from publishers (an alarm).",
            registry=registry,
        )
        self.broker_messages = Gauge(
            "muster_broker_messages",
            "Events that lie in a queue: the lanes, where those in bundles are estimated, the retry"
            " tiers together, the dead letters.",
            ["queue"],
            registry=registry,
        )
        self.swept = Counter(
            "muster_sweep_marks",
            "Identities that the sweep found neither applied nor explained, and marked again.",
            registry=registry,
        )
        self.leavers_unknown = Gauge(
            "muster_leavers_unknown_to_directory",
            "People who have left downstream and are active in the directory, by the last sweep of"
            " this process.",
            registry=registry,
        )
        self.last_sweep = Gauge(
            "muster_last_sweep_timestamp_seconds",
            "When this process last finished a sweep; 0 where it has not.",
            registry=registry,
        )
        self.share_refusals = Counter(
            "muster_share_refusals",
            "Requests that a connection sent beyond its share or its rate, and that were refused.",
            ["share"],
            registry=registry,
        )
        self.next_token_expiry = Gauge(
            "muster_next_token_expiry_timestamp_seconds",
            "When the first of all live tokens of connections ends; infinite where none does.",
            registry=registry,
        )
        self.next_token_expiry.set(inf)
        self.unlogged_requests = Counter(
            "muster_unlogged_requests",
            "Requests that the request log leaves out, for want of room or after an error.",
            registry=registry,
        )
        for lane in Lane:
            for outcome in PUBLICATIONS.values():
                self.publications.labels(lane, outcome)

    def observe_request(
        self, operation: str, status: int, seconds: float, traceparent: str | None = None
    ) -> None:
        """Measure a request. Its series is looked up once: that takes longer than to observe."""
        series = self._requests.get((operation, status))
        if series is None:
            series = self._requests[operation, status] = self.request_seconds.labels(
                operation, status
            )
        series.observe(seconds, exemplar_of(traceparent))

    def expect(self, operations: Iterable[str]) -> None:
        """Initialise the series of server errors to 0, so that ``rate()`` sees the first one.

        :param operations: the names of all SCIM operations.
        """
        for operation in operations:
            for status in SERVER_ERRORS:
                self.request_seconds.labels(operation, status)

    def count_publications(self, lane: Lane, outcomes: Sequence[EventOutcome]) -> None:
        """Count the events of a batch by their outcomes."""
        for kind, count in Count(map(type, outcomes)).items():
            self.publications.labels(lane, PUBLICATIONS[kind]).inc(count)

    def observe_marks(self, marks: CountedMarks | None) -> None:
        """Set the numbers of marks and the ages of the oldest; NaN where they are not available."""
        for reason in HELD_BY:
            self.held.labels(reason).set(nan if marks is None else marks.held[reason])
        for effect in Effect:
            losses = None if marks is None else marks.losses[effect]
            self.held.labels(effect).set(nan if losses is None else losses.count)
            age = nan if losses is None else losses.oldest_age
            self.oldest_held_seconds.labels(effect).set(age)
        for lane in Lane:
            known = None if marks is None else marks.lanes[lane]
            self.dirty_marks.labels(lane).set(nan if known is None else known.count)
            self.oldest_mark_seconds.labels(lane).set(nan if known is None else known.oldest_age)

    def observe_transport(self, state: TransportState) -> None:
        """Set the gauges of the transport: its connection, its alarm and its backlog."""
        self.broker_connected.set(state.connected)
        self.broker_blocked.set(state.blocked)
        for queue, messages in _messages(state.backlog).items():
            self.broker_messages.labels(queue).set(messages)


def _messages(backlog: Backlog | None) -> dict[str, float]:
    if backlog is None:
        return dict.fromkeys((*Lane, "retry", "dead_letters"), nan)
    lanes: dict[str, float] = {lane: backlog.waiting[lane] for lane in Lane}
    return lanes | {"retry": backlog.delayed, "dead_letters": backlog.dead_letters}
