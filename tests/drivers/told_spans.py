"""How do tests hear what is told to a tracing? They keep the spans in memory."""

from typing import Never

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from deploy.tracing.otlp import OpenTelemetryTracing


class ToldSpans:
    """A tracing that samples every request, and what was told to it."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.tracing = OpenTelemetryTracing(provider.get_tracer("test"), ratio=1)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """Return the spans that have ended, in the order of their ends."""
        return self._kept.get_finished_spans()


class BrokenTracing:
    """A tracing that takes no span. Its error quotes a person."""

    is_on = True

    def begin_request(self, *_: object) -> Never:
        """Fail."""
        raise RuntimeError("zebedee")

    def begin(self, *_: object, **_more: object) -> Never:
        """Fail."""
        raise RuntimeError("zebedee")


UNTOLD = {"event": "spans_untold", "error": "RuntimeError", "log_level": "warning"}
"""The line of the log about spans that ``BrokenTracing`` has not taken."""
