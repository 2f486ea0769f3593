"""What does the receiver for trying alerts out print?"""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Thread

from deploy.print_alerts import printer

ALERT = {
    "status": "firing",
    "labels": {"alertname": "MusterOldestMark", "installation": "east", "severity": "page"},
    "annotations": {
        "summary": "east: The oldest change has waited.\nforged line",
        "runbook_url": "docs/runbooks/MusterOldestMark.md",
    },
}


@contextmanager
def printing(out: io.StringIO) -> Iterator[int]:
    """Yield the port of a printer."""
    with printer("127.0.0.1", 0, out) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def status_of(port: int, method: str, body: bytes = b"") -> int:
    """Return the status of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, "/page", body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_each_alert_is_a_line_and_what_is_none_is_refused() -> None:
    out = io.StringIO()
    with printing(out) as port:
        assert status_of(port, "GET") == 200
        message = {"receiver": "page", "alerts": [ALERT, ALERT | {"status": "resolved"}]}
        assert status_of(port, "POST", json.dumps(message).encode()) == 200
        for wrong in (b'{"alerts": [{}]}', b'{"receiver": "page"}', b"[]", b"none", b'"none"'):
            assert status_of(port, "POST", wrong) == 400
        assert status_of(port, "POST") == 413
    said = 'page MusterOldestMark "east: The oldest change has waited.\\nforged line"'
    assert out.getvalue().splitlines() == [
        f"{status} {said} docs/runbooks/MusterOldestMark.md" for status in ("firing", "resolved")
    ]
