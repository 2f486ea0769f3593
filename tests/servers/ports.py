"""Where may a server of the tests listen, stop, and listen again?"""

import socket
from itertools import cycle, islice
from secrets import randbelow

from tests.servers.services import environment_with

LOOPBACK = "127.0.0.1"

PORTS = range(20_000, 32_000)
"""Below those that systems give to whoever connects. A client that asks for one of those again and
again while nobody listens there is given it some time: it is connected to itself then, and the
server that comes up finds its port taken."""

SHARES = 16
"""The ports are shared by the processes of pytest-xdist, so that no two choose the same."""


def free_port(together: int = 1) -> int:
    """Return a port on which nobody listens just now, and which was not returned lately.

    :param together: ports that are free, one above the other, from this one on.
    """
    while True:
        ports = tuple(islice(_own_ports, together))
        if ports[-1] - ports[0] == together - 1 and all(map(_is_free, ports)):
            return ports[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _ports_of(share: int) -> "cycle[int]":
    """Return the ports of a share, from any one on: other tests may run beside these."""
    size = len(PORTS) // SHARES
    own, begin = PORTS[share * size : (share + 1) * size], randbelow(size)
    return cycle((*own[begin:], *own[:begin]))


_worker = environment_with().get("PYTEST_XDIST_WORKER", "gw0")
_own_ports = _ports_of(int(_worker.removeprefix("gw")) % SHARES)
