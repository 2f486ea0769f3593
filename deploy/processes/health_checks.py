"""What is watched of each part? Its metrics, and what has to be in order for it to be ready."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from api.directory import write_probe as directory_probe
from api.directory.dialects import DirectoryDatabase
from api.gauges import ApiObservations
from api.metrics import ApiMetrics
from contracts.health import Check
from contracts.topology import TOPOLOGY_NOT_APPLIED
from contracts.transport import Consumer, Publisher
from deploy.databases.metrics import DatabaseObservation
from deploy.databases.writability import takes_writes
from deploy.processes.operator_endpoints import Inspection
from worker import write_probe as downstream_probe
from worker.dialects import DownstreamDatabase
from worker.gauges import WorkerObservations
from worker.metrics import WorkerMetrics

DatabaseT = TypeVar("DatabaseT", DirectoryDatabase, DownstreamDatabase)


def watch_relay(
    inspection: Inspection,
    directory: DirectoryDatabase,
    publisher: Publisher,
    *,
    needs_broker: bool,
) -> ApiMetrics:
    """Watch the directory and the way out of it; return the metrics of the api's side.

    :param needs_broker: the ingress does without one for a while, because its marks wait.
    """
    metrics = ApiMetrics(inspection.registry)
    inspection.observations.append(ApiObservations(metrics, directory, publisher).observe)
    inspection.checks += [
        _database(inspection, "directory", directory, directory_probe.try_writing),
        _can_publish(publisher, vital=needs_broker),
    ]
    return metrics


def watch_worker(
    inspection: Inspection,
    downstream: DownstreamDatabase,
    consumer: Consumer,
    *,
    needs_broker: bool,
) -> WorkerMetrics:
    """Watch what comes in and where it goes; return the metrics of the worker's side.

    :param needs_broker: a process that is an ingress as well stays ready without one.
    """
    metrics = WorkerMetrics(inspection.registry)
    inspection.observations.append(WorkerObservations(metrics, downstream, consumer).observe)
    inspection.checks += [
        _database(inspection, "downstream", downstream, downstream_probe.try_writing),
        _can_consume(consumer, vital=needs_broker),
    ]
    return metrics


def _database(
    inspection: Inspection,
    name: str,
    database: DatabaseT,
    try_writing: Callable[[DatabaseT], Awaitable[None]],
) -> Check:
    """Return the check of a database, which is a metric as well."""
    check = takes_writes(
        f"{name} database", database.read, database.writing, partial(try_writing, database)
    )
    observation = DatabaseObservation(inspection.databases, name, check)
    inspection.observations.append(observation.observe)
    return check


def _can_publish(publisher: Publisher, *, vital: bool) -> Check:
    async def problem() -> str | None:
        state = await publisher.inspect()
        if not state.connected:
            return "cannot be reached; changes wait in the directory"
        if state.incomplete:
            return f"{TOPOLOGY_NOT_APPLIED}; changes wait in the directory"
        return "blocks publishers; changes wait in the directory" if state.blocked else None

    return Check("broker", problem, vital=vital)


def _can_consume(consumer: Consumer, *, vital: bool) -> Check:
    async def problem() -> str | None:
        if consumer.incomplete:
            return TOPOLOGY_NOT_APPLIED
        return None if consumer.connected else "no deliveries can come"

    return Check("broker", problem, vital=vital)
