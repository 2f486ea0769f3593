"""How does the worker report its work? Log lines and metrics tell it, without personal values."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import structlog

from contracts.exemplars import exemplar_of
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
    """The one writer of the worker's log lines and metrics."""

    metrics: WorkerMetrics

    def batch(self, lane: Lane) -> AbstractContextManager[object]:
        """Measure the time of one transaction."""
        return self.metrics.batch_seconds.labels(lane).time()

    def applied(self, applied: Sequence[Applied], lane: Lane, now: int) -> None:
        """Report the outcomes of a batch whose commit had ended ``now``, in microseconds.

        Each metric is looked up once for the batch: to look one up takes longer than to count.
        """
        outcomes = Counter((it.envelope.data.portal, it.plan.outcome) for it in applied)
        for (portal, outcome), number in outcomes.items():
            self.metrics.events.labels(portal, outcome).inc(number)
        for reason, number in Counter(
            refused.reason for it in applied for refused in it.plan.refusals
        ).items():
            self.metrics.refusals.labels(reason).inc(number)
        lag = self.metrics.sync_lag.labels(lane)
        for it in applied:
            if it.plan.outcome in {Outcome.APPLIED, Outcome.REFUSED}:
                seconds = max(0, now - it.envelope.data.changed_at) / 1_000_000
                lag.observe(seconds, exemplar_of(it.envelope.traceparent))
        self._log_plans("event_handled", applied)

    def replanned(self, applied: Iterable[Applied]) -> None:
        """Report the outcomes of refused identities that were planned again."""
        self._log_plans("refused_planned_again", applied)

    def delayed(self, envelope: IdentityChangedEnvelope, error: str, after_seconds: float) -> None:
        """Report that an event is tried again later."""
        self.metrics.events.labels(envelope.data.portal, RETRIED).inc()
        _log(envelope).warning("event_delayed", error=error, after_seconds=after_seconds)

    def locked_out(
        self, envelope: IdentityChangedEnvelope, lane: Lane, after_seconds: float
    ) -> None:
        """Report that an event needs a row that is locked, and is tried again later."""
        self.metrics.locked_out.labels(lane).inc()
        _log(envelope).warning("event_locked_out", lane=lane, after_seconds=after_seconds)

    def failed(self, failed: Failed) -> None:
        """Report that an event is given up."""
        self.metrics.events.labels(failed.envelope.data.portal, FAILED).inc()
        self.metrics.failures.labels(failed.kind).inc()
        _log(failed.envelope).error(
            "event_failed", kind=failed.kind, message=failed.message, attempts=failed.attempts
        )

    def replan_failed(self, key: IdentityKey, error: str) -> None:
        """Report that a refused identity could not be planned again before the next sweep."""
        LOG.error("replan_failed", connection=key.connection, identity=key.identity, error=error)

    def undecodable(self, reason: str) -> None:
        """Report that an undecodable delivery, of an unknown identity, is set aside."""
        self.metrics.undecodable.inc()
        LOG.error("event_undecodable", reason=reason)

    def answer_lost(self, error: str) -> None:
        """Report that an answer was lost: the event is delivered again, as a duplicate."""
        LOG.warning("answer_lost", error=error)

    def paused(self, lane: Lane, error: str) -> None:
        """Report that a lane waits until the database is back."""
        self.metrics.paused.labels(lane).set(1)
        LOG.warning("consuming_paused", lane=lane, error=error)

    def resumed(self, lane: Lane) -> None:
        """Report that a lane consumes again."""
        self.metrics.paused.labels(lane).set(0)
        LOG.info("consuming_resumed", lane=lane)

    def _log_plans(self, log_event: str, applied: Iterable[Applied]) -> None:
        log: structlog.typing.FilteringBoundLogger = LOG.bind()
        for it in applied:
            log.info(
                log_event,
                **_names_of(it.envelope),
                outcome=it.plan.outcome.value,
                portal=it.envelope.data.portal.value,
                actions=[type(action).__name__ for action in it.plan.actions],
                refusals=[f"{refused.action}: {refused.reason}" for refused in it.plan.refusals],
            )
            for action in it.plan.actions:
                self._report_device(it.envelope, action)

    def _report_device(self, envelope: IdentityChangedEnvelope, action: Action) -> None:
        if isinstance(action, ReleaseDevice | ChangeDevicePolicy | RemoveDevice):
            kind = kind_of(action)
            self.metrics.device_actions.labels(kind).inc()
            _log(envelope).info("device_changed", device=action.device.id, action=kind.value)


def _log(envelope: IdentityChangedEnvelope) -> structlog.typing.FilteringBoundLogger:
    log: structlog.typing.FilteringBoundLogger = LOG.bind(**_names_of(envelope))
    return log


def _names_of(envelope: IdentityChangedEnvelope) -> dict[str, Any]:
    """Return the fields by which a log line of an event is found: ids and version."""
    event: IdentityChanged = envelope.data
    return {
        "correlation_id": envelope.correlationid,
        "connection": event.connection,
        "identity": event.identity,
        "version": event.version,
    }
