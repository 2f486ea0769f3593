"""What becomes of events? The dashboard shows the workers and their effects downstream."""

from deploy.monitoring.installations import most, total
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row, Table
from deploy.monitoring.queries import processes, quantile, rate, refused_and_failed


def downstream() -> Dashboard:
    """Return the dashboard of workers and downstream."""
    return Dashboard(
        "downstream",
        "worker and downstream",
        "Outcomes of events, refused and failed ones, and the time that a batch takes.",
        [
            Row("Now", _now()),
            Row("Events", _events()),
            Row("Refused and failed", _refused_and_failed()),
            Row("Batches and devices", _batches()),
            Row("Workers", processes("worker", "muster_consumer_connected")),
        ],
    )


def _now() -> list[Figure]:
    return [
        Figure(
            "Workers connected",
            "Workers that can receive deliveries.",
            total("muster_consumer_connected"),
            least=1,
        ),
        Figure(
            "Lanes paused",
            "Lanes that wait until the downstream database answers and takes writes.",
            total("muster_consuming_paused"),
            limit=1,
        ),
        Figure(
            "Last Admins that keep access",
            "Last Admins that the provider has removed or downgraded.",
            most('muster_standing_refusals{reason="last_admin"}'),
            limit=1,
            width=8,
        ),
        Figure(
            "Identities failed",
            "Identities whose newest event was given up.",
            total(most("muster_standing_failures", "kind")),
            limit=1,
            width=8,
        ),
    ]


def _events() -> list[Graph]:
    return [
        Graph(
            "By outcome",
            "Events a second. Stale and duplicate events are harmless: redeliveries cause them.",
            [Query(rate("muster_events_total", "outcome"), "{{outcome}}")],
            unit="ops",
        ),
        Graph(
            "Applied, by portal",
            "Events a second.",
            [Query(rate('muster_events_total{outcome="applied"}', "portal"), "{{portal}}")],
            unit="ops",
        ),
    ]


def _refused_and_failed() -> list[Graph | Table]:
    return [
        refused_and_failed(),
        Graph(
            "Refused and failed, over time",
            "Refused actions that wait for their obstacle to go, and identities whose newest event"
            " was given up.",
            [
                Query(most("muster_standing_refusals", "reason"), "refused: {{reason}}"),
                Query(most("muster_standing_failures", "kind"), "failed: {{kind}}"),
            ],
        ),
        Graph(
            "Refused",
            "Actions a second that were refused when an event was planned.",
            [Query(rate("muster_refusals_total", "reason"), "{{reason}}")],
            unit="ops",
        ),
        Graph(
            "Retried, locked out, given up, not to be read",
            "Events a second. Locked out: another session locks a row that the event needs.",
            [
                Query(rate('muster_events_total{outcome="retried"}'), "tried again later"),
                Query(rate("muster_locked_out_events_total", "lane"), "locked out: {{lane}}"),
                Query(rate("muster_failures_total", "kind"), "given up: {{kind}}"),
                Query(rate("muster_undecodable_events_total"), "cannot be read"),
            ],
            unit="ops",
        ),
    ]


def _batches() -> list[Graph]:
    buckets, count = "muster_batch_duration_seconds_bucket", "muster_batch_duration_seconds_count"
    return [
        Graph(
            "Time of a batch",
            "95 % of the transactions that plan and apply a batch took no longer.",
            [Query(quantile(0.95, buckets, "lane"), "{{lane}}")],
            unit="s",
            width=8,
        ),
        Graph(
            "Batches",
            "Transactions a second.",
            [Query(rate(count, "lane"), "{{lane}}")],
            unit="ops",
            width=8,
        ),
        Graph(
            "Device actions",
            "Device actions applied a second. Each happens once for a deactivation.",
            [Query(rate("muster_device_actions_total", "action"), "{{action}}")],
            unit="ops",
            width=8,
        ),
    ]
