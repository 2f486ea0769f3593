"""Which tracing has a process, and what if its collector or its packages are missing?"""

import socket
import sys
import uuid

import pytest
from structlog.testing import capture_logs

from contracts.tracing import UNTRACED, SpanName
from deploy.settings import read_settings
from deploy.tracing.otlp import sending_spans
from deploy.tracing.process_tracing import TracingNotInstalled, process_tracing
from tests.servers.otlp_collector import answering_without_end, collecting


def test_without_a_collector_a_process_has_none() -> None:
    with process_tracing(read_settings(), "worker") as tracing:
        assert tracing is UNTRACED


def test_a_collector_without_the_extra_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk", None)  # as if it were not installed
    settings = read_settings(tracing_endpoint="http://127.0.0.1:1")
    with (
        pytest.raises(
            TracingNotInstalled, match=r"MUSTER_TRACING_ENDPOINT.*muster-scim\[tracing\]"
        ),
        process_tracing(settings, "worker"),
    ):
        raise AssertionError("it has begun")


def test_a_process_is_told_apart_and_described_by_the_attributes_of_its_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described = "deployment.environment.name=staging,service.name=zebedee"
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", described)
    with collecting() as collector:
        with sending_spans(collector.url, 1, "worker") as tracing:
            tracing.begin_request(None).end()
        [told] = collector.spans
    assert told.resource["deployment.environment.name"] == "staging"
    assert told.resource["service.name"] == "muster-worker"
    assert uuid.UUID(told.resource["service.instance.id"]).version == 4


def test_spans_are_of_their_process_and_the_last_ones_are_sent_at_its_end() -> None:
    with collecting() as collector:
        settings = read_settings(tracing_endpoint=f"{collector.url}/", tracing_ratio=1)
        with process_tracing(settings, "worker") as tracing:
            request = tracing.begin_request(None)
            plan = tracing.begin(SpanName.PLAN, request.traceparent, at=1_000_000)
            plan.end({"muster.actions": 2}, at=1_000_007, failed="ValueError")
            request.end()
        [told, _] = collector.spans
    assert (told.service, told.name, told.began, told.ended) == (
        "muster-worker",
        "worker.plan",
        1_000_000_000,
        1_000_007_000,
    )
    assert told.failed
    assert told.attributes == {"muster.actions": 2, "error.type": "ValueError"}


@pytest.mark.parametrize("status", [400, 404, 308])
def test_a_collector_that_takes_nothing_is_a_line_of_the_log_with_its_status(status: int) -> None:
    with collecting(status) as collector, capture_logs() as logged:
        settings = read_settings(tracing_endpoint=collector.url, tracing_ratio=1)
        with process_tracing(settings, "api") as tracing:
            tracing.begin_request(None).end()
    line = {"event": "collector_takes_no_spans", "log_level": "warning"}
    assert logged == [line | {"why": str(status), "dropped": 1}]


def test_an_answer_without_an_end_is_left_and_is_a_line_of_the_log() -> None:
    with (
        answering_without_end() as url,
        capture_logs() as logged,
        sending_spans(url, 1, "api") as tracing,
    ):
        tracing.begin_request(None).end()
    line = {"event": "collector_takes_no_spans", "log_level": "warning"}
    assert logged == [line | {"why": "EndlessAnswer", "dropped": 1}]


def test_the_end_leaves_a_request_alone_that_the_collector_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, capture_logs() as logged:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with sending_spans(url, 1, "worker", last_seconds=0.1) as tracing:
            tracing.begin_request(None).end()
        listener.settimeout(30)
        connection, _ = listener.accept()
        with connection:
            assert is_open(connection), "the end has waited for the request"
    assert logged == [{"event": "last_spans_dropped", "log_level": "warning"}]


@pytest.mark.parametrize("ratio", [0, 1])
def test_the_ratio_and_not_the_client_decides_what_is_sampled(ratio: int) -> None:
    sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with collecting() as collector:
        settings = read_settings(tracing_endpoint=collector.url, tracing_ratio=ratio)
        with process_tracing(settings, "api") as tracing:
            span = tracing.begin_request(sent)
            assert (span.traceparent or "").endswith(f"-0{ratio}")
            assert (span.traceparent or "").startswith(sent[:36])
            span.end()
    assert len(collector.spans) == ratio


def is_open(connection: socket.socket) -> bool:
    """Return whether the other side still waits for an answer."""
    connection.setblocking(False)
    try:
        while connection.recv(65_536):
            pass
    except BlockingIOError:
        return True
    return False
