"""How do spans reach a collector? OpenTelemetry gathers them, and a thread sends them by OTLP.

Nothing waits for the collector: spans that it does not take in time are dropped.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version

import structlog
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace import Span as OpenTelemetrySpan

from contracts.tracing import (
    Attributes,
    Span,
    SpanName,
    Tracing,
    Untraced,
    is_sampled,
    unsampled,
)
from deploy.settings import TRACES_PATH
from deploy.tracing.logged_sending import (
    CountedProcessor,
    LoggedExporter,
    NotingSession,
    WaitingSpans,
)

LOG = structlog.get_logger(__name__)

EXPORT_SECONDS = 5.0
"""Seconds until spans are dropped that the collector has not taken, with all repetitions."""

LAST_EXPORT_SECONDS = 3.0
"""Seconds that the end of a process waits for the collector, a tenth of what a drain may take."""

SEND_EVERY_MS = 1_000
MOST_WAITING = 20_000
"""Spans that wait while others are sent, some 30 MB. Beyond that the oldest are dropped."""

MOST_LINKS = 512
"""Links of a batch, more than the largest batch has events."""

KINDS: Mapping[SpanName, SpanKind] = {
    SpanName.REQUEST: SpanKind.SERVER,
    SpanName.PUBLISH: SpanKind.PRODUCER,
    SpanName.WORKER_EVENT: SpanKind.CONSUMER,
}
"""Kinds by which tools draw a map of services; all other work is internal."""


@contextmanager
def sending_spans(
    endpoint: str, ratio: float, part: str, last_seconds: float = LAST_EXPORT_SECONDS
) -> Iterator[Tracing]:
    """Yield a tracing that sends spans to a collector, and send the last ones at the end.

    :param last_seconds: how long the end of the block waits for the collector.
    """
    # The library would log each attempt, and the text of its error. Muster has lines of its own.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    session, waiting = NotingSession(), WaitingSpans(MOST_WAITING)
    sender = OTLPSpanExporter(
        endpoint + TRACES_PATH,
        timeout=EXPORT_SECONDS,
        compression=Compression.Gzip,
        session=session,
    )
    exporter = LoggedExporter(sender, session, waiting)
    provider = TracerProvider(
        sampler=ALWAYS_ON,  # work that is not sampled never becomes a span
        # Takes OTEL_RESOURCE_ATTRIBUTES too, and a service.instance.id, by which processes of one
        # part are told apart.
        resource=Resource.create(
            {
                "service.namespace": "muster",
                "service.name": f"muster-{part}",
                "service.version": version("muster-scim"),
            }
        ),
        span_limits=SpanLimits(max_links=MOST_LINKS),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(CountedProcessor(exporter, waiting, SEND_EVERY_MS))
    try:
        yield OpenTelemetryTracing(provider.get_tracer("muster"), ratio)
    finally:
        _send_the_last(provider, exporter, last_seconds)


def _send_the_last(provider: TracerProvider, exporter: SpanExporter, seconds: float) -> None:
    """Send waiting spans, and leave them after some seconds to a thread that ends with the process.

    A request that has begun cannot be taken back, and may last for ``EXPORT_SECONDS``.
    """
    sending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
    sending.start()
    sending.join(seconds)
    if sending.is_alive():
        exporter.shutdown()
        LOG.warning("last_spans_dropped")


class OpenTelemetryTracing:
    """A tracing whose spans are OpenTelemetry's.

    :param ratio: the share of requests whose traces are sampled, 0 to 1.
    :param chance: returns 0 to 1, for each request.
    """

    is_on = True

    def __init__(
        self, tracer: Tracer, ratio: float, chance: Callable[[], float] = random.random
    ) -> None:
        self._tracer = tracer
        self._ratio = ratio
        self._chance = chance

    def begin_request(self, sent: str | None) -> Span:
        """Begin the span of a request, if its trace is sampled."""
        if self._chance() >= self._ratio:
            return Untraced().begin_request(unsampled(sent))
        return self._begin(SpanName.REQUEST, sent, None, ())

    def begin(
        self,
        name: SpanName,
        parent: str | None,
        *,
        at: int | None = None,
        links: Sequence[str | None] = (),
    ) -> Span:
        """Begin a span below a sampled parent, or of a trace of its own."""
        return self._begin(name, parent, at, links)

    def _begin(
        self, name: SpanName, parent: str | None, at: int | None, links: Sequence[str | None]
    ) -> Span:
        above = Context()
        if parent is not None:
            above = set_span_in_context(NonRecordingSpan(_context_of(parent)), above)
        linked = [Link(_context_of(it)) for it in links if it is not None and is_sampled(it)]
        kind = KINDS.get(name, SpanKind.INTERNAL)
        began = self._tracer.start_span(
            name.value, above, kind, links=linked, start_time=_nanoseconds(at)
        )
        return _ToldSpan(began)


class _ToldSpan:
    """A span of OpenTelemetry."""

    __slots__ = ("_span",)

    def __init__(self, span: OpenTelemetrySpan) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """The traceparent of work that this work causes."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{TraceFlags.SAMPLED:02x}"

    def end(
        self, attributes: Attributes | None = None, *, at: int | None = None, failed: str = ""
    ) -> None:
        """Tell the end."""
        if attributes:
            self._span.set_attributes(dict(attributes))
        if failed:
            self._span.set_attribute("error.type", failed)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(_nanoseconds(at))


def _context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(
        int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )


def _nanoseconds(at: int | None) -> int | None:
    return None if at is None else at * 1_000
