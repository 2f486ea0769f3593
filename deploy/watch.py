"""What is watched of each part? Its metrics, and what has to be in order for it to be ready."""

from functools import partial

from api.directory import write_probe as directory_probe
from api.directory.database import DirectoryDatabase
from api.metrics import ApiMetrics
from api.observations import ApiObservations
from contracts.health import Check
from contracts.topology import NOT_APPLIED
from contracts.transport import Consumer, Publisher
from deploy.inspection import Inspection
from deploy.writability import takes_writes
from worker import write_probe as downstream_probe
from worker.database import DownstreamDatabase
from worker.metrics import WorkerMetrics
from worker.observations import WorkerObservations


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
        takes_writes(
            "directory database",
            directory.read,
            directory.writing,
            partial(directory_probe.try_writing, directory),
        ),
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
        takes_writes(
            "downstream database",
            downstream.read,
            downstream.writing,
            partial(downstream_probe.try_writing, downstream),
        ),
        _can_consume(consumer, vital=needs_broker),
    ]
    return metrics


def _can_publish(publisher: Publisher, *, vital: bool) -> Check:
    async def problem() -> str | None:
        state = await publisher.look()
        if not state.connected:
            return "cannot be reached; changes wait in the directory"
        if state.incomplete:
            return f"{NOT_APPLIED}; changes wait in the directory"
        return "blocks publishers; changes wait in the directory" if state.blocked else None

    return Check("broker", problem, vital=vital)


def _can_consume(consumer: Consumer, *, vital: bool) -> Check:
    async def problem() -> str | None:
        if consumer.incomplete:
            return NOT_APPLIED
        return None if consumer.connected else "no deliveries can come"

    return Check("broker", problem, vital=vital)
