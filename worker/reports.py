"""How does the worker report its work? Log lines and metrics tell it, and none is personal."""

from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from contracts.identity_changed import IdentityChangedEnvelope
from contracts.rules import Portal
from contracts.topology import Lane
from worker.apply import Applied
from worker.metrics import FAILED, RETRIED, WorkerMetrics
from worker.planning.actions import (
    Action,
    ChangeDevicePolicy,
    Outcome,
    Reason,
    ReleaseDevice,
    RemoveDevice,
)
from worker.planning.facts import IdentityKey
from worker.planning.working_set import kind_of
from worker.sync.record_failure import Failed

LOG = structlog.get_logger(__name__)

LANDED = frozenset({Outcome.APPLIED, Outcome.REFUSED})
"""The outcomes of events whose states are downstream now."""


@dataclass(frozen=True, slots=True)
class Reports:
    """The one writer of the worker's log lines and metrics."""

    metrics: WorkerMetrics

    def batch(self, lane: Lane) -> AbstractContextManager[object]:
        """Measure the time of one transaction."""
        return self.metrics.batch_seconds.labels(lane).time()

    def applied(self, applied: Iterable[Applied], lane: Lane, now: int) -> None:
        """Report the outcomes of a batch that was committed ``now``, in microseconds.

        Counters are incremented once for a batch, and not for each event.
        """
        outcomes, refusals = Counter[tuple[Portal, Outcome]](), Counter[Reason]()
        observe_lag = self.metrics.sync_lag.labels(lane).observe
        for it in applied:
            event, outcome = it.envelope.data, it.plan.outcome
            outcomes[event.portal, outcome] += 1
            if outcome in LANDED:
                observe_lag(max(0, now - event.changed_at) / 1_000_000)
            for refused in it.plan.refusals:
                refusals[refused.reason] += 1
            self._log_plan("event_handled", it)
        for labels, events in outcomes.items():
            self.metrics.events.labels(*labels).inc(events)
        for reason, actions in refusals.items():
            self.metrics.refusals.labels(reason).inc(actions)

    def replanned(self, applied: Iterable[Applied]) -> None:
        """Report the outcomes of refused identities that were planned again."""
        for it in applied:
            self._log_plan("refused_planned_again", it)

    def delayed(self, envelope: IdentityChangedEnvelope, error: str, after_seconds: float) -> None:
        """Report that an event is tried again later."""
        self.metrics.events.labels(envelope.data.portal, RETRIED).inc()
        named = _named(envelope)
        LOG.warning("event_delayed", **named, error=error, after_seconds=after_seconds)

    def locked_out(
        self, envelope: IdentityChangedEnvelope, lane: Lane, after_seconds: float
    ) -> None:
        """Report that an event needs a row that is locked, and is tried again later."""
        self.metrics.locked_out.labels(lane).inc()
        named = _named(envelope)
        LOG.warning("event_locked_out", **named, lane=lane, after_seconds=after_seconds)

    def failed(self, failed: Failed) -> None:
        """Report that an event is given up."""
        self.metrics.events.labels(failed.envelope.data.portal, FAILED).inc()
        self.metrics.failures.labels(failed.kind).inc()
        LOG.error(
            "event_failed",
            **_named(failed.envelope),
            kind=failed.kind,
            message=failed.message,
            attempts=failed.attempts,
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

    def _log_plan(self, log_event: str, applied: Applied) -> None:
        LOG.info(
            log_event,
            **_named(applied.envelope),
            outcome=applied.plan.outcome.value,
            portal=applied.envelope.data.portal.value,
            actions=[type(action).__name__ for action in applied.plan.actions],
            refusals=[f"{it.action}: {it.reason}" for it in applied.plan.refusals],
        )
        for action in applied.plan.actions:
            self._report_device(applied.envelope, action)

    def _report_device(self, envelope: IdentityChangedEnvelope, action: Action) -> None:
        if isinstance(action, ReleaseDevice | ChangeDevicePolicy | RemoveDevice):
            kind = kind_of(action)
            self.metrics.device_actions.labels(kind).inc()
            named = _named(envelope)
            LOG.info("device_changed", **named, device=action.device.id, action=kind.value)


def _named(envelope: IdentityChangedEnvelope) -> dict[str, str | int]:
    """Return what names an event in a line of the log."""
    event = envelope.data
    return {
        "correlation_id": envelope.correlationid,
        "connection": event.connection,
        "identity": event.identity,
        "version": event.version,
    }
