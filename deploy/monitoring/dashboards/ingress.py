"""How do providers fare? The dashboard shows SCIM requests by operation and by answer."""

from deploy.monitoring.installations import least, number
from deploy.monitoring.objectives import ANSWERS
from deploy.monitoring.pace import MINUTE
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row
from deploy.monitoring.queries import processes, quantile, quantiles, rate

BUCKETS = "muster_scim_request_duration_seconds_bucket"


def ingress() -> Dashboard:
    """Return the dashboard of the ingress."""
    return Dashboard(
        "ingress",
        "ingress",
        "Requests of identity providers, the answers to them, and the time that they take.",
        [
            Row("Now", _now()),
            Row("Requests", _requests()),
            Row("Time", _time()),
            Row("Connections", _connections()),
            Row("Shares", _shares()),
            Row("Tokens and the request log", _books()),
            Row("Processes of the api", processes("api", "muster_publisher_connected")),
        ],
    )


def _now() -> list[Figure]:
    return [
        Figure("Processes", "Processes with a relay.", number("muster_publisher_connected")),
        Figure("Requests", "SCIM requests a second.", rate(ANSWERS.all), unit="reqps"),
        Figure(
            "Bad",
            "Share of server errors and of answers after more than 500 ms, in five minutes.",
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
            "Requests a second.",
            [Query(rate(ANSWERS.all, "operation"), "{{operation}}")],
            unit="reqps",
        ),
        Graph(
            "By answer",
            "Answers a second, by status.",
            [Query(rate(ANSWERS.all, "status"), "{{status}}")],
            unit="reqps",
        ),
        Graph(
            "Refused",
            "Answers a second that reject the request: 401 a wrong token, 404 and 412 an object"
            " that is gone or has changed, 409 a name that is taken, 413 too large a body.",
            [Query(rate(refused, "operation", "status"), "{{operation}} {{status}}")],
            unit="reqps",
        ),
        Graph(
            "Server errors",
            "Answers a second that report a failure of Muster or of its database. 501 is the"
            " answer to /Me, which Muster does not offer.",
            [Query(rate(failed, "operation", "status"), "{{operation}} {{status}}")],
            unit="reqps",
        ),
    ]


def _time() -> list[Graph]:
    return [
        Graph(
            "All answers",
            "The line is the objective.",
            quantiles(BUCKETS, traces=True),
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
            "99 % of the beats of each process's event loop came no later. For so long all"
            " requests wait for one piece of work, which the log names: event_loop_held.",
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
            "Requests a second, by the share that their SCIM connection has used up.",
            [Query(rate("muster_share_refusals_total", "share"), "{{share}}")],
            unit="reqps",
        ),
    ]


def _books() -> list[Graph]:
    expiry = "muster_next_token_expiry_timestamp_seconds"
    return [
        Graph(
            "First token to end",
            "Time until the first of all live tokens of connections ends; nothing where none does.",
            [Query(f"{least(expiry)} - time()", "time left")],
            unit="s",
        ),
        Graph(
            "Left out of the request log",
            "Requests a second for which the log had no room, or that could not be written.",
            [Query(rate("muster_unlogged_requests_total"), "left out")],
            unit="reqps",
        ),
    ]


def _connections() -> list[Graph]:
    return [
        Graph(
            "Open connections",
            "HTTP connections of each process, which MUSTER_MOST_CONNECTIONS bounds.",
            [Query("muster_http_connections", "{{instance}}")],
        ),
        Graph(
            "Ended by Muster",
            "HTTP connections a second, by reason. late: the head or the rest of a body did not"
            " come in time; unread: the client did not read its answer; gave_way: the idlest"
            " connection made room for a new one; no_room: no other connection could.",
            [Query(rate("muster_http_connections_ended_total", "reason"), "{{reason}}")],
            unit="ops",
        ),
    ]
