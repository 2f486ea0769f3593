"""Which queries do several dashboards share? They are rates and quantiles, and use of processes."""

from collections.abc import Sequence

from deploy.monitoring.panels import Graph, Query

QUANTILES = (0.5, 0.95, 0.99)

LAST_SWEEP = "muster_last_sweep_timestamp_seconds"

LEAVERS_UNKNOWN = (
    "max(muster_leavers_unknown_to_directory"
    f" and on (instance) ({LAST_SWEEP} == scalar(max({LAST_SWEEP}))))"
)
"""The number of leavers unknown to the directory, as the process knows it that swept last. Other
processes go on exporting the number of their own last sweep."""


def rate(counter: str, *by: str) -> str:
    """Return the rate of a counter per second, added up over all processes."""
    return f"sum{_grouped(by)}(rate({counter}[$__rate_interval]))"


def quantile(share: float, buckets: str, *by: str) -> str:
    """Return the quantile of a histogram: the time within which that share of its events ended."""
    return f"histogram_quantile({share:g}, {rate(buckets, 'le', *by)})"


def quantiles(buckets: str, name: str = "") -> Sequence[Query]:
    """Return the usual quantiles of a histogram."""
    return [
        Query(quantile(share, buckets), f"{name} p{share * 100:g}".strip()) for share in QUANTILES
    ]


def processes(part: str, of: str) -> Sequence[Graph]:
    """Return graphs of processor, memory and files, for the processes with the metric ``of``."""
    of_part = f"and on (instance) {of}"
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


def _grouped(by: Sequence[str]) -> str:
    return f" by ({', '.join(by)}) " if by else ""
