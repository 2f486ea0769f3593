"""How are processes and databases? The dashboard shows which run, and what they are short of."""

from deploy.monitoring.installations import least, most, number, on, total
from deploy.monitoring.panels import Dashboard, Figure, Graph, Query, Row, Table
from deploy.monitoring.queries import quantile, rate

OF_MUSTER = f"and {on('instance')} muster_build_info"
"""Leaves processes of others out, which Prometheus may scrape as well."""

PARTS = {
    "api": "muster_publisher_connected",
    "worker": "muster_consumer_connected",
}
"""A metric by which a process of each part is known. One process may be both."""


def processes() -> Dashboard:
    """Return the dashboard of processes and databases."""
    return Dashboard(
        "processes",
        "processes and databases",
        "Which processes run in which version, their use of the machine, and their databases.",
        [
            Row("Now", [*_now(), _versions()]),
            Row("Databases", _databases()),
            Row("Event loop and memory of Python", _python()),
            Row("Machine", _machine()),
        ],
    )


def _now() -> list[Figure]:
    return [
        *(
            Figure(
                f"Processes: {part}",
                f"Processes of the part {part} that Prometheus sees.",
                number(metric),
                least=1,
                width=6,
            )
            for part, metric in PARTS.items()
        ),
        Figure(
            "Versions",
            "More than one is usual during an upgrade, and only then.",
            number(most("muster_build_info", "version")),
            limit=2,
            width=6,
        ),
        Figure(
            "Begun in the last hour",
            "Processes younger than an hour. A process that begins again and again is among them.",
            number(f"(time() - process_start_time_seconds < 3600) {OF_MUSTER}")
            + f" or 0 * {most('muster_build_info')}",
            width=6,
        ),
    ]


def _versions() -> Table:
    return Table(
        "Processes by version",
        "The processes that run, by job and version.",
        number("muster_build_info", "job", "version"),
        {"job": "job", "version": "version"},
        value="processes",
        width=24,
    )


def _databases() -> list[Graph]:
    return [
        Graph(
            "Taking writes",
            "1 while every process finds that its database answers and takes writes.",
            [Query(least("muster_database_takes_writes", "database"), "{{database}}")],
            width=6,
        ),
        Graph(
            "Connections",
            "Connections of all processes to each database. A process opens no more than a bounded"
            " number: where all of its own are busy, work waits.",
            [
                Query(
                    total("muster_database_connections", "database", "use"), "{{database}}: {{use}}"
                )
            ],
            width=6,
        ),
        Graph(
            "Time of a batch",
            "95 % of the transactions that plan and apply a batch downstream took no longer.",
            [Query(quantile(0.95, "muster_batch_duration_seconds_bucket", "lane"), "{{lane}}")],
            unit="s",
            width=6,
        ),
        Graph(
            "Blocked and locked out",
            "Lanes that wait for the downstream database, and events a second that another session"
            " locks out.",
            [
                Query(total("muster_consuming_paused", "lane"), "paused: {{lane}}"),
                Query(rate("muster_locked_out_events_total", "lane"), "locked out: {{lane}}"),
            ],
            width=6,
        ),
    ]


def _python() -> list[Graph]:
    return [
        Graph(
            "Lag of the event loop",
            "99 % of the beats of each process came no later. For so long all its work waits.",
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
            "Collections of garbage",
            "Collections a second, by generation. Those of generation 2 look through everything.",
            [
                Query(
                    rate("python_gc_collections_total", "instance", "generation"),
                    "{{instance}}: {{generation}}",
                )
            ],
            unit="ops",
        ),
    ]


def _machine() -> list[Graph]:
    return [
        Graph(
            "Processor",
            "Use of each process. 100 % is one core, and a process uses hardly more than one.",
            [
                Query(
                    f"rate(process_cpu_seconds_total[$__rate_interval]) {OF_MUSTER}",
                    "{{job}} {{instance}}",
                )
            ],
            unit="percentunit",
            limit=0.9,
            width=8,
        ),
        Graph(
            "Memory",
            "Resident memory of each process.",
            [Query(f"process_resident_memory_bytes {OF_MUSTER}", "{{job}} {{instance}}")],
            unit="bytes",
            width=8,
        ),
        Graph(
            "Open files",
            "Open files and connections, as a share of what the system allows the process.",
            [
                Query(
                    f"process_open_fds / {on('instance', 'job')} process_max_fds {OF_MUSTER}",
                    "{{job}} {{instance}}",
                )
            ],
            unit="percentunit",
            limit=0.8,
            width=8,
        ),
    ]
