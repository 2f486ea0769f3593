"""What does a noisy tenant do? It sends requests over and over, sixteen at a time, or connects.

It is a process of its own, because it takes as much of a processor as it gets. A file says what to
send. The process says that it is ready, begins when it reads a line, and writes how often it was
answered what.
"""

import base64
import http.client
import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.neighbours.wire_request import Request

ADDRESS = "127.0.0.2"
"""Where it comes from: tenants do not share an address."""

AT_A_TIME = 16
CONNECTIONS = 1_000
ANSWER_SECONDS = 30
POLITENESS = 10
"""How far it stands back for the processes that are measured, as if it had a machine of its own."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What to send to which ports in turn, and for how many seconds."""

    ports: Sequence[int]
    seconds: float
    requests: Sequence[Request]
    pause: float = 0
    """Seconds after each answer, in which the next request is not sent."""

    def as_json(self) -> bytes:
        """Return what ``main`` reads."""
        requests = [
            [it.method, it.path, it.headers, base64.b64encode(it.body).decode()]
            for it in self.requests
        ]
        return json.dumps([self.ports, self.seconds, requests, self.pause]).encode()


def read_noise(text: bytes) -> Noise:
    """Read what ``as_json`` has written."""
    ports, seconds, requests, pause = json.loads(text)
    return Noise(
        ports,
        seconds,
        [
            Request(method, path, headers, base64.b64decode(body))
            for method, path, headers, body in requests
        ],
        pause,
    )


def send(noise: Noise) -> Counter[str]:
    """Send the requests until the time is over; return how often each status was the answer."""
    answers: Counter[str] = Counter()
    end = time.monotonic() + noise.seconds
    coming, lock = zip(cycle(noise.ports), cycle(noise.requests), strict=False), threading.Lock()

    def send_one_after_the_other() -> None:
        while time.monotonic() < end:
            with lock:
                port, request = next(coming)
            answer = _answer_to(port, request)
            with lock:
                answers[answer] += 1
            time.sleep(noise.pause)

    threads = [
        threading.Thread(target=send_one_after_the_other, daemon=True) for _ in range(AT_A_TIME)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    with lock:
        return answers.copy()


def connect(noise: Noise) -> Counter[str]:
    """Open connections, send nothing, and wait until the time is over."""
    end = time.monotonic() + noise.seconds
    opened: list[socket.socket] = []
    for _, port in zip(range(CONNECTIONS), cycle(noise.ports), strict=False):
        try:
            opened.append(socket.create_connection(("127.0.0.1", port), 5, (ADDRESS, 0)))
        except OSError:
            break
    time.sleep(max(0, end - time.monotonic()))
    return Counter(opened=len(opened))


def _answer_to(port: int, request: Request) -> str:
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=ANSWER_SECONDS, source_address=(ADDRESS, 0)
    )
    try:
        connection.request(request.method, request.path, request.body, request.headers)
        answer = connection.getresponse()
        while answer.read(65536):
            pass
    except (OSError, http.client.HTTPException) as problem:
        return type(problem).__name__
    else:
        return str(answer.status)
    finally:
        connection.close()


def main() -> None:
    """Make noise, and leave at once: what is not answered by then is hung up on."""
    os.nice(POLITENESS)
    noise = read_noise(Path(sys.argv[1]).read_bytes())
    _say("ready")
    sys.stdin.readline()
    _say(json.dumps(send(noise) if noise.requests else connect(noise)))
    os._exit(0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
