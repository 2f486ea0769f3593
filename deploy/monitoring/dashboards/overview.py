"""Is all well? The dashboard shows the objectives and the pipeline's four golden signals."""

from collections.abc import Iterator

from deploy.monitoring.installations import least, most, number, on
from deploy.monitoring.objectives import ANSWERS, BURNS, LEAVERS, PERIOD, Objective
from deploy.monitoring.pace import HOUR, Pace
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row, Table
from deploy.monitoring.queries import ALERTING, quantiles, rate, refused_and_failed


def overview() -> Dashboard:
    """Return the dashboard of objectives and golden signals."""
    return Dashboard(
        "overview",
        "overview",
        "Whether the two objectives hold, and traffic, errors, latency and saturation.",
        [
            Row("Objectives, over 30 days", [*_figures(), *_burns()]),
            Row("Alerts", [_alerts()]),
            Row("Traffic", _traffic()),
            Row("Errors", _errors()),
            Row("Latency", _latency()),
            Row("Saturation", _saturation()),
        ],
    )


def _figures() -> Iterator[Figure]:
    for objective, title in (ANSWERS, "Answers"), (LEAVERS, "Leavers"):
        yield Figure(
            f"{title}: budget left",
            f"The promise: {objective.promise}. At 0 % the promise is broken.",
            f"1 - {objective.bad(PERIOD)} / {objective.budget:g}",
            unit="percentunit",
            least=0.25,
            width=6,
        )
        yield Figure(
            f"{title}: burn",
            "Rate at which the budget was spent in the last hour, as a multiple of the allowed.",
            f"{objective.bad(HOUR)} / {objective.budget:g}",
            limit=1,
            width=4,
        )
    yield Figure(
        "Alerts",
        "Number of Muster's alerts that fire. Each has a page in docs/runbooks.",
        f"{number(ALERTING)} or 0 * {most('muster_build_info')}",
        limit=1,
    )


def _alerts() -> Table:
    return Table(
        "Alerts that fire",
        "Each has a page of its name in docs/runbooks. A page is for now, a ticket for tomorrow.",
        most(ALERTING, "severity", "alertname", "part", "database", "lane", "reason", "kind"),
        {
            "severity": "severity",
            "alertname": "alert",
            "part": "part",
            "database": "database",
            "lane": "lane",
            "reason": "reason",
            "kind": "kind",
        },
        value="fires",
        width=24,
    )


def _burns() -> Iterator[Graph]:
    yield _burn(ANSWERS, "Answers: share that is bad")
    yield _burn(LEAVERS, "Leavers: share that is late")


def _burn(objective: Objective, title: str) -> Graph:
    windows = sorted({window for burn in BURNS for window in (burn.long, burn.short)})
    return Graph(
        title,
        "Bad share over each window of the alerts. The line is the share that is allowed.",
        [Query(objective.bad(window), Pace().duration(window)) for window in windows],
        unit="percentunit",
        limit=objective.budget,
    )


def _traffic() -> list[Graph]:
    return [
        Graph(
            "Requests",
            "SCIM requests a second, by operation.",
            [Query(rate(ANSWERS.all, "operation"), "{{operation}}")],
            unit="reqps",
        ),
        Graph(
            "Events",
            "Events that workers handle a second, by portal.",
            [Query(rate("muster_events_total", "portal"), "{{portal}}")],
            unit="ops",
        ),
    ]


def _errors() -> list[Graph | Table]:
    errors = 'muster_scim_request_duration_seconds_count{status=~"5.."}'
    return [
        Graph(
            "Server errors",
            "Answers a second that report a failure of Muster. 501 is the answer to /Me, which"
            " Muster does not offer.",
            [Query(rate(errors, "status"), "{{status}}")],
            unit="reqps",
        ),
        refused_and_failed(),
    ]


def _latency() -> list[Graph]:
    return [
        Graph(
            "Answers",
            "Time from a SCIM request to its answer. The line is the objective.",
            quantiles("muster_scim_request_duration_seconds_bucket", traces=True),
            unit="s",
            limit=0.5,
        ),
        Graph(
            "Leavers",
            "Time from the answer to a change of the urgent lane until it is applied. The line is"
            " the objective.",
            quantiles('muster_sync_lag_seconds_bucket{lane="urgent"}', traces=True),
            unit="s",
            limit=5,
        ),
    ]


def _saturation() -> list[Graph]:
    return [
        Graph(
            "What waits",
            "Marks in the directory and messages on the broker.",
            [
                Query(most("muster_dirty_marks", "lane"), "marks: {{lane}}"),
                Query(most("muster_broker_messages", "queue"), "messages: {{queue}}"),
            ],
            width=8,
        ),
        Graph(
            "Processor",
            "Use of each process. 100 % is one core, and a process uses hardly more than one.",
            [
                Query(
                    "rate(process_cpu_seconds_total[$__rate_interval])"
                    f" and {on('instance')} muster_build_info",
                    "{{job}} {{instance}}",
                )
            ],
            unit="percentunit",
            limit=0.9,
            width=8,
        ),
        Graph(
            "Databases",
            "1 while every process finds that its database answers and takes writes.",
            [Query(least("muster_database_takes_writes", "database"), "{{database}}")],
            width=8,
        ),
    ]
