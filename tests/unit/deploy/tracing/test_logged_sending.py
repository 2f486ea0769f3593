"""What does the log say of spans that are dropped, and of errors on the way to a collector?"""

import threading
from collections.abc import Sequence

import pytest
import requests
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from deploy.tracing.logged_sending import (
    CountedProcessor,
    LoggedExporter,
    NotingSession,
    WaitingSpans,
)

MOST = 512
"""Spans that may wait, no fewer than the library sends at once."""

DROPPED = {"event": "spans_dropped", "waiting": MOST, "log_level": "warning"}


class HangingExporter(SpanExporter):
    """An exporter that is done when the test lets it."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.sent = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.may_end.wait()
        self.sent += len(spans)
        return SpanExportResult.SUCCESS


def test_spans_beyond_those_that_may_wait_are_one_line_until_there_is_room_again() -> None:
    waiting = WaitingSpans(MOST)
    with capture_logs() as logged:
        for _ in range(MOST):
            waiting.add()
        assert logged == []
        for _ in range(MOST):
            waiting.add()
        assert logged == [DROPPED]
        waiting.take(MOST)
        for _ in range(MOST + 1):
            waiting.add()
    assert logged == [DROPPED] * 2


def test_the_line_comes_where_the_library_drops_spans() -> None:
    waiting, hanging = WaitingSpans(MOST), HangingExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    exporter = LoggedExporter(hanging, NotingSession(), waiting)
    provider.add_span_processor(CountedProcessor(exporter, waiting, 60_000))
    tracer = provider.get_tracer("test")
    with capture_logs() as logged:
        for _ in range(3 * MOST):
            tracer.start_span("told").end()
        hanging.may_end.set()
        provider.shutdown()
    assert hanging.sent < 3 * MOST
    assert DROPPED in logged


def test_an_error_on_the_way_is_noted_by_its_type() -> None:
    session = NotingSession()
    with pytest.raises(requests.ConnectionError):
        session.post("http://127.0.0.1:1")
    assert session.refusal == "ConnectionError"
