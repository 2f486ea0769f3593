"""How do providers fare? Every SCIM request, by operation and by answer."""

from deploy.monitoring.objectives import ANSWERS
from deploy.monitoring.pace import MINUTE
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row
from deploy.monitoring.queries import processes, quantile, quantiles, rate

BUCKETS = "muster_scim_request_duration_seconds_bucket"


def ingress() -> Dashboard:
    """Return the dashboard."""
    return Dashboard(
        "ingress",
        "ingress",
        "What identity providers ask, what they are answered, and how long it takes.",
        [
            Row("Now", _now()),
            Row("Requests", _requests()),
            Row("Time", _time()),
            Row("Connections", _connections()),
            Row("Shares", _shares()),
            Row("Processes of the api", processes("api", "muster_publisher_connected")),
        ],
    )


def _now() -> list[Figure]:
    return [
        Figure("Processes", "Processes with a relay.", "count(muster_publisher_connected)"),
        Figure("Requests", "A second.", rate(ANSWERS.all), unit="reqps"),
        Figure(
            "Bad",
            "Server errors and answers after more than 500 ms, in five minutes.",
            ANSWERS.bad(5 * MINUTE),
            unit="percentunit",
            limit=ANSWERS.budget,
            width=8,
        ),
        Figure(
            "p99",
            "99 % of the answers took no longer.",
            quantile(0.99, BUCKETS),
            unit="s",
            limit=0.5,
            width=8,
        ),
    ]


def _requests() -> list[Graph]:
    refused = ANSWERS.all + '{status=~"4.."}'
    failed = ANSWERS.all + '{status=~"5.."}'
    return [
        Graph(
            "By operation",
            "A second.",
            [Query(rate(ANSWERS.all, "operation"), "{{operation}}")],
            unit="reqps",
        ),
        Graph(
            "By answer",
            "A second, by status.",
            [Query(rate(ANSWERS.all, "status"), "{{status}}")],
            unit="reqps",
        ),
        Graph(
            "Refused",
            "Answers that blame the request: 401 a token, 404 and 412 an object that is gone or"
            " has changed, 409 a name that is taken, 413 a size.",
            [Query(rate(refused, "operation", "status"), "{{operation}} {{status}}")],
            unit="reqps",
        ),
        Graph(
            "Server errors",
            "Answers that blame Muster, or its database; 501 says what Muster never does.",
            [Query(rate(failed, "operation", "status"), "{{operation}} {{status}}")],
            unit="reqps",
        ),
    ]


def _time() -> list[Graph]:
    return [
        Graph(
            "All answers",
            "The line is the objective.",
            quantiles(BUCKETS),
            unit="s",
            limit=0.5,
        ),
        Graph(
            "By operation",
            "95 % of the answers took no longer.",
            [Query(quantile(0.95, BUCKETS, "operation"), "{{operation}}")],
            unit="s",
            limit=0.5,
        ),
    ]


def _shares() -> list[Graph]:
    return [
        Graph(
            "Lag of the event loop",
            "99 % of the looks at it, in each process, came no later: for so long everything waits"
            " for one piece of work. The log names it: event_loop_held.",
            [
                Query(
                    quantile(0.99, "muster_event_loop_lag_seconds_bucket", "instance"),
                    "{{instance}}",
                )
            ],
            unit="s",
            limit=0.05,
        ),
        Graph(
            "Refused with 429",
            "A second, by the share that a connection has used up.",
            [Query(rate("muster_share_refusals_total", "share"), "{{share}}")],
            unit="reqps",
        ),
    ]


def _connections() -> list[Graph]:
    return [
        Graph(
            "Open connections",
            "Of each process; MUSTER_MOST_CONNECTIONS bounds them.",
            [Query("muster_http_connections", "{{instance}}")],
        ),
        Graph(
            "Ended by Muster",
            "A second, by why: late, a head or the rest of a body did not come; unread, an answer"
            " was not taken; gave_way, the idlest one when another came; no_room, nobody could.",
            [Query(rate("muster_http_connections_ended_total", "reason"), "{{reason}}")],
            unit="ops",
        ),
    ]
