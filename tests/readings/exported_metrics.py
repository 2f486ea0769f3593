"""Which metrics does the code export? All of them, with each label that they can have."""

from prometheus_client import CollectorRegistry, Metric

from api.metrics import ApiMetrics
from contracts.topology import Lane
from contracts.transport import Backlog, TransportState
from deploy.databases.metrics import DatabaseMetrics
from deploy.http.metrics import HttpMetrics
from deploy.processes.loop_watch import LoopWatch
from worker.metrics import WorkerMetrics
from worker.sync.open_problems import OpenProblems


def all_metrics() -> list[Metric]:
    """Return every metric, observed once."""
    registry = CollectorRegistry()
    api, worker = ApiMetrics(registry), WorkerMetrics(registry)
    HttpMetrics(registry)
    databases = DatabaseMetrics(registry)
    for database in ("directory", "downstream"):
        databases.takes_writes.labels(database)
        databases.count_connections(database, [])
    LoopWatch(registry)
    api.share_refusals.labels("searches")
    api.request_seconds.labels("create_user", 201).observe(0.1)
    api.observe_marks(None)
    backlog = Backlog(dict.fromkeys(Lane, 0))
    api.observe_transport(TransportState(connected=True, backlog=backlog))
    worker.observe_open_problems(OpenProblems({}, {}))
    return list(registry.collect())
