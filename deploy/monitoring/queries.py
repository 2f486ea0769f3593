"""Which queries do several dashboards share? They are rates and quantiles, and use of processes.

Each of them keeps installations apart.
"""

from collections.abc import Sequence

from deploy.monitoring.installations import by, most, on, total
from deploy.monitoring.panels import Graph, Query, Table

QUANTILES = (0.5, 0.95, 0.99)

ALERTING = 'ALERTS{alertname=~"Muster.*", alertstate="firing"}'

VERSIONS = (
    f"group {by('version')} (muster_build_info)"
    f" unless group {by('version')} (muster_build_info offset 2m)"
)
"""A version at the time when its first process begins."""

LAST_SWEEP = "muster_last_sweep_timestamp_seconds"

LEAVERS_UNKNOWN = most(
    f"muster_leavers_unknown_to_directory and {on('instance')}"
    f" ({LAST_SWEEP} == {on()} group_left () {most(LAST_SWEEP)})"
)
"""The number of leavers unknown to the directory, as the process knows it that swept last. Other
processes go on exporting the number of their own last sweep."""


def rate(counter: str, *labels: str) -> str:
    """Return the rate of a counter per second, added up over the processes of an installation."""
    return total(f"rate({counter}[$__rate_interval])", *labels)


def quantile(share: float, buckets: str, *labels: str) -> str:
    """Return the quantile of a histogram: the time within which that share of its events ended."""
    return f"histogram_quantile({share:g}, {rate(buckets, 'le', *labels)})"


def quantiles(buckets: str, *, traces: bool = False) -> Sequence[Query]:
    """Return the usual quantiles of a histogram."""
    return [
        Query(
            quantile(share, buckets), f"p{share * 100:g}", traces=traces and share == QUANTILES[0]
        )
        for share in QUANTILES
    ]


def refused_and_failed() -> Table:
    """Return the table of refused actions and of events given up."""
    kinds = (
        ("refused", "reason", "muster_standing_refusals"),
        ("failed", "kind", "muster_standing_failures"),
    )
    lines = [
        f'label_replace(label_replace({most(gauge, label)}, "why", "$1", "{label}", "(.+)"),'
        f' "state", "{state}", "", "")'
        for state, label, gauge in kinds
    ]
    return Table(
        "Refused and failed, at present",
        "Refused actions by their reason, and identities whose newest event was given up. For"
        " names, ask: muster people list --state refused.",
        f"{most(' or '.join(lines), 'state', 'why')} > 0",
        {"state": "state", "why": "why"},
    )


def processes(part: str, of: str) -> Sequence[Graph]:
    """Return graphs of processor, memory and files, for the processes with the metric ``of``."""
    of_part = f"and {on('instance')} {of}"
    return [
        Graph(
            "Processor",
            f"Use of each {part}. 100 % is one core, and a process uses hardly more than one.",
            [Query(f"rate(process_cpu_seconds_total[$__rate_interval]) {of_part}", "{{instance}}")],
            unit="percentunit",
            width=8,
        ),
        Graph(
            "Memory",
            f"Resident memory of each {part}.",
            [Query(f"process_resident_memory_bytes {of_part}", "{{instance}}")],
            unit="bytes",
            width=8,
        ),
        Graph(
            "Open files",
            "Open files and connections. Their number should not grow for ever.",
            [Query(f"process_open_fds {of_part}", "{{instance}}")],
            width=8,
        ),
    ]
