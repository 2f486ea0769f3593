"""How healthy is each part? Its metrics and its checks of readiness are registered here."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from api.directory import write_probe as directory_probe
from api.directory.dialects import DirectoryDatabase
from api.gauges import ApiObservations
from api.metrics import ApiMetrics
from contracts.health import Check, Problem
from contracts.topology import TOPOLOGY_NOT_APPLIED
from contracts.transport import Consumer, Publisher
from deploy.databases.metrics import DatabaseObservation
from deploy.databases.open_databases import Databases
from deploy.databases.writability import check_of_writes
from deploy.processes.operator_endpoints import OperatorEndpoints
from worker import write_probe as downstream_probe
from worker.dialects import DownstreamDatabase
from worker.gauges import WorkerObservations
from worker.metrics import WorkerMetrics

DatabaseT = TypeVar("DatabaseT", DirectoryDatabase, DownstreamDatabase)


def instrument_relay(
    endpoints: OperatorEndpoints,
    directory: DirectoryDatabase,
    publisher: Publisher,
    *,
    needs_broker: bool,
) -> ApiMetrics:
    """Register metrics and checks of a relay's process, and return the metrics of the api's side.

    :param needs_broker: whether the process is unready without a broker. An ingress stays ready,
        because marks wait in the directory, unless it has never seen the queues: then they were not
        made, and it would take changes that no worker fetches.
    """
    metrics = ApiMetrics(endpoints.registry)
    endpoints.observations.append(ApiObservations(metrics, directory, publisher).observe)
    endpoints.checks += [
        _database(
            endpoints, "directory", directory, directory.writers, directory_probe.try_writing
        ),
        _can_publish(publisher, vital=needs_broker),
    ]
    return metrics


def instrument_worker(
    endpoints: OperatorEndpoints,
    downstream: DownstreamDatabase,
    consumer: Consumer,
    *,
    needs_broker: bool,
) -> WorkerMetrics:
    """Register metrics and checks of a worker's process, and return the metrics of its side.

    :param needs_broker: whether the process is unready without a broker. A process that is an
        ingress as well stays ready.
    """
    metrics = WorkerMetrics(endpoints.registry)
    endpoints.observations.append(WorkerObservations(metrics, downstream, consumer).observe)
    endpoints.checks += [
        _database(
            endpoints, "downstream", downstream, [downstream.writing], downstream_probe.try_writing
        ),
        _can_consume(consumer, vital=needs_broker),
    ]
    return metrics


def instrument_admin(endpoints: OperatorEndpoints, databases: Databases) -> None:
    """Register the checks of a process that serves administrators alone.

    Without downstream it goes on: use cases of the directory alone work, as a pause.
    """
    directory, downstream = databases.directory, databases.downstream
    vital = _database(
        endpoints, "directory", directory, directory.writers, directory_probe.try_writing
    )
    remark = _database(
        endpoints, "downstream", downstream, [downstream.writing], downstream_probe.try_writing
    )
    endpoints.checks += [vital, replace(remark, vital=False)]


def _database(
    endpoints: OperatorEndpoints,
    name: str,
    database: DatabaseT,
    writers: Sequence[AsyncEngine],
    try_writing: Callable[[DatabaseT], Awaitable[None]],
) -> Check:
    """Return the check of a database; register its result and its connections as metrics."""
    endpoints.databases.count_connections(name, database.engines)
    check = check_of_writes(
        f"{name} database", database.read, writers, partial(try_writing, database)
    )
    observation = DatabaseObservation(endpoints.databases, name, check)
    endpoints.observations.append(observation.observe)
    return check


def _can_publish(publisher: Publisher, *, vital: bool) -> Check:
    were_there = False

    async def problem() -> str | Problem | None:
        nonlocal were_there
        state = await publisher.inspect()
        if not state.connected:
            return f"cannot be reached{_why(state.trouble)}; changes wait in the directory"
        if state.incomplete:
            text = f"{TOPOLOGY_NOT_APPLIED}; changes wait in the directory"
            return Problem(text, vital=vital or not were_there)
        were_there = were_there or state.backlog is not None
        return "blocks publishers; changes wait in the directory" if state.blocked else None

    return Check("broker", problem, vital=vital)


def _can_consume(consumer: Consumer, *, vital: bool) -> Check:
    async def problem() -> str | None:
        if consumer.incomplete:
            return TOPOLOGY_NOT_APPLIED
        return None if consumer.connected else f"no deliveries can come{_why(consumer.trouble)}"

    return Check("broker", problem, vital=vital)


def _why(trouble: str) -> str:
    return f" ({trouble})" if trouble else ""
