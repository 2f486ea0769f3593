"""Where is an acknowledged change? The dashboard follows its mark, its message and the time."""

from deploy.monitoring.installations import INSTALLATION, most, total
from deploy.monitoring.pace import MINUTE
from deploy.monitoring.panels import Dashboard, Figure, Graph, Heatmap, Query, Row
from deploy.monitoring.queries import LAST_SWEEP, LEAVERS_UNKNOWN, quantiles, rate


def pipeline() -> Dashboard:
    """Return the dashboard of the pipeline."""
    return Dashboard(
        "pipeline",
        "pipeline",
        "The way of a change: its mark in the directory, the broker, the worker downstream.",
        [
            Row("Now", _now()),
            Row("In the directory", _directory()),
            Row("On the broker", _broker()),
            Row("To the end", _lag()),
            Row(f"To the end: how many took how long (${INSTALLATION})", _spread(), each=True),
            Row("What got lost all the same", _sweep()),
        ],
    )


def _now() -> list[Figure]:
    return [
        Figure(
            f"Oldest mark: {lane}",
            "Age of the change that has waited longest to be published.",
            most(f'muster_oldest_dirty_mark_age_seconds{{lane="{lane}"}}'),
            unit="s",
            limit=limit,
        )
        for lane, limit in (("urgent", MINUTE), ("bulk", 15 * MINUTE))
    ] + [
        Figure(
            "Relays connected",
            "Processes with a relay that can reach the transport.",
            total("muster_publisher_connected"),
            least=1,
        ),
        Figure(
            "Broker blocks",
            "1 while the broker blocks publishers.",
            most("muster_broker_blocked"),
            limit=1,
        ),
        Figure(
            "Dead letters",
            "Messages that cannot be read, or were never acknowledged.",
            most('muster_broker_messages{queue="dead_letters"}'),
            limit=1,
        ),
        Figure(
            "Waiting for a retry",
            "Messages in the retry tiers.",
            most('muster_broker_messages{queue="retry"}'),
        ),
    ]


def _directory() -> list[Graph]:
    return [
        Graph(
            "Marks",
            "Identities whose newest state is not published yet.",
            [
                Query(most("muster_dirty_marks", "lane"), "{{lane}}"),
                Query(most("muster_held_identities", "reason"), "held: {{reason}}"),
            ],
            width=6,
        ),
        Graph(
            "Age of the oldest mark",
            "The age grows while nothing is published.",
            [
                Query(most("muster_oldest_dirty_mark_age_seconds", "lane"), "{{lane}}"),
                Query(most("muster_oldest_held_loss_age_seconds", "reason"), "held leaving"),
            ],
            unit="s",
            width=6,
        ),
        Graph(
            "Publications",
            "Events a second, by outcome. Events with an unknown outcome are sent again.",
            [Query(rate("muster_publications_total", "lane", "outcome"), "{{lane}} {{outcome}}")],
            unit="ops",
            width=6,
        ),
        Graph(
            "Cannot be published",
            "Identities whose newest event is larger than the transport takes.",
            [Query(most("muster_unpublishable_identities"), "identities")],
            width=6,
            limit=1,
        ),
    ]


def _broker() -> list[Graph]:
    return [
        Graph(
            "Messages",
            "Messages in the lanes, in the retry tiers, and among the dead letters.",
            [Query(most("muster_broker_messages", "queue"), "{{queue}}")],
        ),
        Graph(
            "Connected",
            "1 for each process that can reach the transport.",
            [
                Query("muster_publisher_connected", "relay {{instance}}"),
                Query("muster_consumer_connected", "worker {{instance}}"),
            ],
        ),
    ]


def _lag() -> list[Graph]:
    return [
        Graph(
            f"Time to the end: {lane}",
            "Time from the answer to a change until it is applied downstream.",
            quantiles(f'muster_sync_lag_seconds_bucket{{lane="{lane}"}}', traces=True),
            unit="s",
            limit=limit,
        )
        for lane, limit in (("urgent", 5), ("bulk", None))
    ]


def _spread() -> list[Heatmap]:
    return [
        Heatmap(
            f"Times to the end: {lane}",
            "Each cell holds the changes that took so long at that time. A backlog rises to the"
            " right, and a band high above the others is a part that waits.",
            f'muster_sync_lag_seconds_bucket{{lane="{lane}"}}',
        )
        for lane in ("urgent", "bulk")
    ]


def _sweep() -> list[Graph]:
    return [
        Graph(
            "Found by the sweep",
            "Identities whose event never arrived downstream, and that the sweep marked again.",
            [Query(total("increase(muster_sweep_marks_total[$__rate_interval])"), "identities")],
            width=8,
        ),
        Graph(
            "Leavers unknown to the directory",
            "People who have left downstream, although the directory shows them as active.",
            [Query(LEAVERS_UNKNOWN, "people")],
            width=8,
            limit=1,
        ),
        Graph(
            "Since the last sweep",
            "Every MUSTER_SWEEP_SECONDS, one of the processes with a relay sweeps.",
            [Query(f"time() - {most(f'{LAST_SWEEP} > 0')}", "seconds")],
            unit="s",
            width=8,
        ),
    ]
