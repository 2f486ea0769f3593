"""Who is called? No person is: this receiver of Alertmanager prints alerts, to try out the way.

The service ``alert-printer`` of ``deploy/compose.yaml`` runs it; it serves no other purpose.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, TextIO

PORT = 9465
LARGEST = 2**20
"""Bytes of a message; Alertmanager sends a few KB for each alert."""


def lines_of(message: dict[str, Any]) -> list[str]:
    """Return a line for each alert of a message of Alertmanager."""
    return [
        " ".join(
            (
                alert["status"],
                message["receiver"],
                alert["labels"]["alertname"],
                json.dumps(alert["annotations"].get("summary", ""), ensure_ascii=False),
                alert["annotations"].get("runbook_url", ""),
            )
        )
        for alert in message["alerts"]
    ]


def printer(host: str, port: int, out: TextIO) -> HTTPServer:
    """Return a server that prints the alerts which are posted to it."""

    class Printer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # named by its base
            """Answer that the receiver is there, to those who look whether it is."""
            self._answer(200)

        def do_POST(self) -> None:
            """Print the alerts of a message. Alertmanager sends again what was answered by 500."""
            length = int(self.headers.get("Content-Length", 0))
            if not 0 < length <= LARGEST:
                self._answer(413)
                return
            try:
                lines = lines_of(json.loads(self.rfile.read(length)))
            except (KeyError, TypeError, ValueError):
                self._answer(400)
                return
            print(*lines, sep="\n", file=out, flush=True)
            self._answer(200)

        def log_message(self, *_args: object) -> None:
            """Print no requests: the lines are those of alerts."""

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return HTTPServer((host, port), Printer)


if __name__ == "__main__":
    printer("0.0.0.0", PORT, sys.stdout).serve_forever()  # noqa: S104  # of its container
