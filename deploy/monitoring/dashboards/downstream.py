"""What becomes of events? The workers, and what they do downstream."""

from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row
from deploy.monitoring.queries import processes, quantile, rate


def downstream() -> Dashboard:
    """Return the dashboard."""
    return Dashboard(
        "downstream",
        "worker and downstream",
        "What workers make of events, what is refused and failed, and how long a batch takes.",
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
            "Those that deliveries can come to.",
            "sum(muster_consumer_connected)",
            least=1,
        ),
        Figure(
            "Lanes paused",
            "They wait until the downstream database answers and takes writes.",
            "sum(muster_consuming_paused)",
            limit=1,
        ),
        Figure(
            "Last Admins that keep access",
            "They were to be removed or downgraded.",
            'max(muster_standing_refusals{reason="last_admin"})',
            limit=1,
            width=8,
        ),
        Figure(
            "Identities failed",
            "Their newest event was given up.",
            "sum(max by (kind) (muster_standing_failures))",
            limit=1,
            width=8,
        ),
    ]


def _events() -> list[Graph]:
    return [
        Graph(
            "By outcome",
            "A second. Stale and duplicate ones are harmless: they come with every redelivery.",
            [Query(rate("muster_events_total", "outcome"), "{{outcome}}")],
            unit="ops",
        ),
        Graph(
            "Applied, by portal",
            "A second.",
            [Query(rate('muster_events_total{outcome="applied"}', "portal"), "{{portal}}")],
            unit="ops",
        ),
    ]


def _refused_and_failed() -> list[Graph]:
    return [
        Graph(
            "Refused at present",
            "Actions that wait for an obstacle to go, by reason.",
            [Query("max by (reason) (muster_standing_refusals)", "{{reason}}")],
            width=6,
        ),
        Graph(
            "Refused",
            "Actions a second, when an event was planned.",
            [Query(rate("muster_refusals_total", "reason"), "{{reason}}")],
            unit="ops",
            width=6,
        ),
        Graph(
            "Failed at present",
            "Identities whose newest event was given up, by kind.",
            [Query("max by (kind) (muster_standing_failures)", "{{kind}}")],
            width=6,
        ),
        Graph(
            "Retried, locked out, given up, not to be read",
            "Events a second. Locked out: somebody else holds a row that they need.",
            [
                Query(rate('muster_events_total{outcome="retried"}'), "tried again later"),
                Query(rate("muster_locked_out_events_total", "lane"), "locked out: {{lane}}"),
                Query(rate("muster_failures_total", "kind"), "given up: {{kind}}"),
                Query(rate("muster_undecodable_events_total"), "cannot be read"),
            ],
            unit="ops",
            width=6,
        ),
    ]


def _batches() -> list[Graph]:
    buckets, count = "muster_batch_duration_seconds_bucket", "muster_batch_duration_seconds_count"
    return [
        Graph(
            "Time of a batch",
            "95 % of the transactions of planning and applying took no longer.",
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
            "Applied a second: each once for a deactivation.",
            [Query(rate("muster_device_actions_total", "action"), "{{action}}")],
            unit="ops",
            width=8,
        ),
    ]
