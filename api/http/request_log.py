"""What is recorded of each SCIM request? A histogram gets its duration, the log gets one line."""

import structlog

from api.http.traced_request import TracedRequest
from api.metrics import ApiMetrics

LOG = structlog.get_logger(__name__)


def record_answer(
    metrics: ApiMetrics, request: TracedRequest, operation: str, status: int, seconds: float
) -> None:
    """Measure and log a request without its path, which may be personal."""
    metrics.observe_request(operation, status, seconds, request.trace.traceparent)
    LOG.info(
        "scim_request_answered",
        operation=operation,
        status=status,
        seconds=round(seconds, 6),
        connection=request.connection_id,
    )
