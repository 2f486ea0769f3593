"""What does the log say of a collector? It says when spans are not taken, and when too many wait.

The library logs each attempt with the text of its error, and no word of a redirect, which it takes
for a success. Muster has a line where something changes, with a status or the type of an error.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from requests import PreparedRequest, Response, Session

LOG = structlog.get_logger(__name__)

NOT_SENT = "NotSent"
"""The reason of spans that the library has not made a request of."""

ENDLESS = "EndlessAnswer"
"""The reason of spans to which the answer did not come to its end: no collector answers so."""

MOST_ANSWER_BYTES, MOST_ANSWER_SECONDS = 65_536, 5.0
"""An answer that is longer, or takes longer, is left. A collector answers with a few bytes, but at
an address that is not one there may be a file or a stream, which would take all memory."""

SUCCESSES = range(200, 300)


class NotingSession(Session):
    """Sends requests, and notes the reason why the last one was not taken, if it was not."""

    refusal = ""

    def send(self, request: PreparedRequest, **options: Any) -> Response:
        """Send a request."""
        try:
            answer = super().send(request, **options | {"stream": True})
            is_whole = _comes_to_its_end(answer)
        except Exception as error:
            self.refusal = type(error).__name__
            raise
        if answer.status_code not in SUCCESSES:
            self.refusal = str(answer.status_code)
        else:
            self.refusal = "" if is_whole else ENDLESS
        return answer


def _comes_to_its_end(answer: Response) -> bool:
    """Read an answer, so that its connection serves again; leave one that does not end."""
    until = time.monotonic() + MOST_ANSWER_SECONDS
    left = MOST_ANSWER_BYTES
    with answer:
        while left > 0 and time.monotonic() < until:
            read = len(answer.raw.read1(left, decode_content=False))
            if not read:
                return True
            left -= read
    return False


class WaitingSpans:
    """Counts the spans that wait for the collector, and logs when there are too many.

    The count is too high by a batch for a moment, so that the line may come a little early.

    :param most: how many may wait. Of more, the library drops the oldest.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._count = 0
        self._has_told = False
        self._lock = threading.Lock()

    def add(self) -> None:
        """Note a span that has ended."""
        with self._lock:
            is_full = self._count >= self.most
            is_news = is_full and not self._has_told
            self._has_told |= is_full
            self._count += not is_full
        if is_news:
            LOG.warning("spans_dropped", waiting=self.most)

    def take(self, spans: int) -> None:
        """Note spans that wait no more. A queue that is half empty may fill anew."""
        with self._lock:
            self._count -= spans
            if self._count <= self.most // 2:
                self._has_told = False


class LoggedExporter(SpanExporter):
    """Sends spans, and logs when the collector ceases to take them, and when it does again."""

    def __init__(
        self, exporter: SpanExporter, session: NotingSession, waiting: WaitingSpans
    ) -> None:
        """Take an exporter, and the session by which it sends."""
        self._exporter = exporter
        self._session = session
        self._waiting = waiting
        self._takes_spans = True
        self._has_ended = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans."""
        self._waiting.take(len(spans))
        self._session.refusal = NOT_SENT
        self._exporter.export(spans)
        refusal = self._session.refusal
        self._log(refusal, len(spans))
        return SpanExportResult.FAILURE if refusal else SpanExportResult.SUCCESS

    def _log(self, refusal: str, spans: int) -> None:
        takes_spans = not refusal
        if takes_spans is not self._takes_spans and not self._has_ended:
            if takes_spans:
                LOG.info("collector_takes_spans")
            else:
                LOG.warning("collector_takes_no_spans", why=refusal, dropped=spans)
        self._takes_spans = takes_spans

    def shutdown(self) -> None:
        """Send no more, and log no more: a thread that outlives the end must not write to it."""
        self._has_ended = True
        self._exporter.shutdown()


class CountedProcessor(BatchSpanProcessor):
    """Gathers spans that have ended, counts them, and gives them to an exporter."""

    def __init__(self, exporter: SpanExporter, waiting: WaitingSpans, every_ms: int) -> None:
        """Give spans to the exporter so often, or as soon as there are many."""
        super().__init__(exporter, max_queue_size=waiting.most, schedule_delay_millis=every_ms)
        self._waiting = waiting

    def on_end(self, span: ReadableSpan) -> None:
        """Gather a span."""
        self._waiting.add()
        super().on_end(span)
