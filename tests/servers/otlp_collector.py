"""What do tests need of a collector? One on loopback that takes OTLP over HTTP and keeps spans."""

import gzip
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FAILED = 2
"""The status of a span whose work has failed (``STATUS_CODE_ERROR``)."""


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """A span as it was sent: ids in hexadecimal digits, times in nanoseconds."""

    resource: Mapping[str, Any]
    """What is said of the process, as its name and version."""
    name: str
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    """The trace and the span of each link."""
    began: int
    ended: int
    failed: bool
    attributes: Mapping[str, Any]

    @property
    def service(self) -> str:
        """Return the name of the process."""
        return str(self.resource["service.name"])


@dataclass(slots=True)
class Collector:
    """All that was received. ``bodies`` is what was sent, without its compression."""

    url: str
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[ReceivedSpan]:
        """Return every span, in the order of their beginnings."""
        found = [
            _span(resource.resource, span)
            for body in list(self.bodies)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(found, key=lambda it: it.began)

    def trace(self, trace: str) -> dict[str, list[ReceivedSpan]]:
        """Return the spans of a trace by their names."""
        by_name: dict[str, list[ReceivedSpan]] = defaultdict(list)
        for span in self.spans:
            if span.trace == trace:
                by_name[span.name].append(span)
        return dict(by_name)


@contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """Run a collector on a free port, which answers with a status."""
    collector = Collector("")

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/v1/traces":
                self.send_error(404)
                return
            zipped = self.headers["Content-Encoding"] == "gzip"
            collector.bodies.append(gzip.decompress(body) if zipped else body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with _serving(Receiver) as url:
        collector.url = url
        yield collector


@contextmanager
def answering_without_end() -> Iterator[str]:
    """Run what is no collector on a free port: each answer lasts until the client hangs up."""

    class Streamer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(bytes(4_096))
            self.close_connection = True

        def finish(self) -> None:
            with suppress(OSError):  # what could not be written to a client that is gone
                super().finish()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with _serving(Streamer) as url:
        yield url


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.02,))
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()


def _span(resource: Any, span: Any) -> ReceivedSpan:
    return ReceivedSpan(
        resource=_attributes(resource),
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        links=tuple((it.trace_id.hex(), it.span_id.hex()) for it in span.links),
        began=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        failed=span.status.code == FAILED,
        attributes=_attributes(span),
    )


def _attributes(of: Any) -> dict[str, Any]:
    return {it.key: getattr(it.value, it.value.WhichOneof("value")) for it in of.attributes}
