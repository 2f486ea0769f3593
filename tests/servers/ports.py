"""Where may a server of the tests listen, stop, and listen again?"""

import errno
import socket
from functools import cache
from itertools import cycle, islice
from secrets import randbelow

from tests.servers.services import environment_with

LOOPBACK = "127.0.0.1"

PORTS = range(20_000, 32_000)
"""Below those that Linux and macOS by default give to clients that connect. A client that asks for
one of those again and again while no server listens there is given it some time: it is connected
to itself then, and the server that comes up finds its port taken."""

SHARES = 16
"""The processes of pytest-xdist divide the ports: up to so many of them choose different ones."""

SIZE = len(PORTS) // SHARES


def free_port(together: int = 1) -> int:
    """Return a port on which no server listens just now, and which was not returned lately.

    :param together: ports that are free, one above the other, from this one on.
    :raises RuntimeError: when each port of this process is taken.
    """
    for _ in range(SIZE):
        ports = tuple(islice(_own_ports(), together))
        if ports[-1] - ports[0] == together - 1 and all(map(_is_free, ports)):
            return ports[0]
    raise RuntimeError(f"tests find no {together} free ports among {PORTS}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            return False
    return True


@cache
def _own_ports() -> "cycle[int]":
    """Return the ports of this process, from any one on: other tests may run beside these."""
    worker = environment_with().get("PYTEST_XDIST_WORKER", "gw0")
    share = int(worker.removeprefix("gw")) % SHARES
    own, begin = PORTS[share * SIZE : (share + 1) * SIZE], randbelow(SIZE)
    return cycle((*own[begin:], *own[:begin]))
