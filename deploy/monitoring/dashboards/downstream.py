"""What becomes of events? The dashboard shows the workers and their effects downstream."""

from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row
from deploy.monitoring.queries import processes, quantile, rate


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
            "sum(muster_consumer_connected)",
            least=1,
        ),
        Figure(
            "Lanes paused",
            "Lanes that wait until the downstream database answers and takes writes.",
            "sum(muster_consuming_paused)",
            limit=1,
        ),
        Figure(
            "Last Admins that keep access",
            "Last Admins that the provider has removed or downgraded.",
            'max(muster_standing_refusals{reason="last_admin"})',
            limit=1,
            width=8,
        ),
        Figure(
            "Identities failed",
            "Identities whose newest event was given up.",
            "sum(max by (kind) (muster_standing_failures))",
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


def _refused_and_failed() -> list[Graph]:
    return [
        Graph(
            "Refused at present",
            "Refused actions that wait for their obstacle to go, by reason.",
            [Query("max by (reason) (muster_standing_refusals)", "{{reason}}")],
            width=6,
        ),
        Graph(
            "Refused",
            "Actions a second that were refused when an event was planned.",
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
            "Events a second. Locked out: another session locks a row that the event needs.",
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
