"""What does the worker say about what it did? Log lines and metrics, without anything personal."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from contracts.identity_changed import IdentityChanged, IdentityChangedEnvelope
from contracts.topology import Lane
from worker.apply import Applied
from worker.metrics import FAILED, RETRIED, WorkerMetrics
from worker.planning.actions import Action, ChangeDevicePolicy, Outcome, ReleaseDevice, RemoveDevice
from worker.planning.facts import IdentityKey
from worker.planning.working_set import kind_of
from worker.sync.record_failure import Failed

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reports:
    """Tells people by the log and Prometheus by the metrics, in one place."""

    metrics: WorkerMetrics

    def batch(self, lane: Lane) -> AbstractContextManager[object]:
        """Time one transaction."""
        return self.metrics.batch_seconds.labels(lane).time()

    def applied(self, applied: Iterable[Applied], lane: Lane, now: int) -> None:
        """Say what became of the events of a batch, which was committed at a time."""
        for one in applied:
            event, outcome = one.envelope.data, one.plan.outcome
            self.metrics.events.labels(event.portal, outcome).inc()
            if outcome in {Outcome.APPLIED, Outcome.REFUSED}:
                lag = max(0, now - event.changed_at) / 1_000_000
                self.metrics.sync_lag.labels(lane).observe(lag)
            for refused in one.plan.refusals:
                self.metrics.refusals.labels(refused.reason).inc()
            self._log_plan("event_handled", one)

    def replanned(self, applied: Iterable[Applied]) -> None:
        """Say what became of refused identities that were planned again."""
        for one in applied:
            self._log_plan("refused_planned_again", one)

    def delayed(self, envelope: IdentityChangedEnvelope, error: str, after_seconds: float) -> None:
        """Say that an event is tried again later."""
        self.metrics.events.labels(envelope.data.portal, RETRIED).inc()
        _log(envelope).warning("event_delayed", error=error, after_seconds=after_seconds)

    def locked_out(
        self, envelope: IdentityChangedEnvelope, lane: Lane, after_seconds: float
    ) -> None:
        """Say that an event needs a row that somebody holds, and is looked at again later."""
        self.metrics.locked_out.labels(lane).inc()
        _log(envelope).warning("event_locked_out", lane=lane, after_seconds=after_seconds)

    def failed(self, failed: Failed) -> None:
        """Say that an event is given up."""
        self.metrics.events.labels(failed.envelope.data.portal, FAILED).inc()
        self.metrics.failures.labels(failed.kind).inc()
        _log(failed.envelope).error(
            "event_failed", kind=failed.kind, message=failed.message, attempts=failed.attempts
        )

    def replan_failed(self, key: IdentityKey, error: str) -> None:
        """Say that a refused identity could not be planned again; the sweep tries next."""
        LOG.error("replan_failed", connection=key.connection, identity=key.identity, error=error)

    def undecodable(self, reason: str) -> None:
        """Say that a delivery is put aside; nobody can tell whose it was."""
        self.metrics.undecodable.inc()
        LOG.error("event_undecodable", reason=reason)

    def answer_lost(self, error: str) -> None:
        """Say that an answer did not get through: the event comes again, as a duplicate."""
        LOG.warning("answer_lost", error=error)

    def paused(self, lane: Lane, error: str) -> None:
        """Say that a lane waits until the database is back."""
        self.metrics.paused.labels(lane).set(1)
        LOG.warning("consuming_paused", lane=lane, error=error)

    def resumed(self, lane: Lane) -> None:
        """Say that it goes on."""
        self.metrics.paused.labels(lane).set(0)
        LOG.info("consuming_resumed", lane=lane)

    def _log_plan(self, said: str, one: Applied) -> None:
        log = _log(one.envelope)
        log.info(
            said,
            outcome=one.plan.outcome.value,
            portal=one.envelope.data.portal.value,
            actions=[type(action).__name__ for action in one.plan.actions],
            refusals=[f"{it.action}: {it.reason}" for it in one.plan.refusals],
        )
        for action in one.plan.actions:
            self._report_device(log, action)

    def _report_device(self, log: structlog.typing.FilteringBoundLogger, action: Action) -> None:
        if isinstance(action, ReleaseDevice | ChangeDevicePolicy | RemoveDevice):
            kind = kind_of(action)
            self.metrics.device_actions.labels(kind).inc()
            log.info("device_changed", device=action.device.id, action=kind.value)


def _log(envelope: IdentityChangedEnvelope) -> structlog.typing.FilteringBoundLogger:
    event: IdentityChanged = envelope.data
    log: structlog.typing.FilteringBoundLogger = LOG.bind(
        correlation_id=envelope.correlationid,
        connection=event.connection,
        identity=event.identity,
        version=event.version,
    )
    return log
