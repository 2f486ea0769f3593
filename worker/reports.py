"""What does the worker say about what it did? Log lines without anything personal."""

from collections.abc import Iterable

import structlog

from contracts.identity_changed import IdentityChangedEnvelope
from worker.actions import ChangeDevicePolicy, ReleaseDevice, RemoveDevice
from worker.apply import Applied
from worker.facts import IdentityKey
from worker.statements.failures import Failed

LOG = structlog.get_logger(__name__)


def report_applied(applied: Iterable[Applied]) -> None:
    """Say what became of each event, and what was done to which device."""
    for one in applied:
        log = _log(one.envelope)
        log.info(
            "event_handled",
            outcome=one.plan.outcome.value,
            portal=one.envelope.data.portal.value,
            actions=[type(action).__name__ for action in one.plan.actions],
            refusals=[f"{it.action}: {it.reason}" for it in one.plan.refusals],
        )
        for action in one.plan.actions:
            if isinstance(action, ReleaseDevice | ChangeDevicePolicy | RemoveDevice):
                log.info("device_changed", device=action.device.id, action=type(action).__name__)


def report_retry(envelope: IdentityChangedEnvelope, error: str, after_seconds: float) -> None:
    """Say that an event is tried again later."""
    _log(envelope).warning("event_delayed", error=error, after_seconds=after_seconds)


def report_failure(failed: Failed) -> None:
    """Say that an event is given up."""
    _log(failed.envelope).error(
        "event_failed", kind=failed.kind, message=failed.message, attempts=failed.attempts
    )


def report_failed_replan(key: IdentityKey, error: str) -> None:
    """Say that a refused identity could not be planned again; the sweep tries next."""
    LOG.error("replan_failed", connection=key.connection, identity=key.identity, error=error)


def report_undecodable(reason: str) -> None:
    """Say that a delivery is put aside; nobody can tell whose it was."""
    LOG.error("event_undecodable", reason=reason)


def report_lost_answer(error: str) -> None:
    """Say that an answer did not get through: the event comes again, and will be stale."""
    LOG.warning("answer_lost", error=error)


def _log(envelope: IdentityChangedEnvelope) -> structlog.typing.FilteringBoundLogger:
    event = envelope.data
    log: structlog.typing.FilteringBoundLogger = LOG.bind(
        correlation_id=envelope.correlationid,
        connection=event.connection,
        identity=event.identity,
        version=event.version,
    )
    return log
