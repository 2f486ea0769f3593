"""How many connections may be open at once? Bounds hold in all and per address; idle ones give way.

A new connection is refused only while a request is being served on each of the others. Attackers
that hold idle connections therefore lock no client out, not even behind the same address.
"""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv6Address
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """The connections that a listener holds, and the times (seconds) that a client may take."""

    connections: int = 512
    """In all. 64 keep a process busy; if all send at once, the last one waits for half a second."""

    connections_per_address: int = 256
    """Half of all, so that no address takes them all. A proxy is one address, and needs fewer."""

    head_seconds: float = 10
    """For the head of a request, from the opening of the connection or from the head's first byte.
    Providers send a head in one packet."""

    keep_alive_seconds: int = 150
    """For the next request: longer than clients and proxies keep an idle connection (nginx 60,
    Caddy 120), so that they close it. If the server closed it, a request might be on its way, and
    proxies do not send a POST again."""

    rest_seconds: float = 10
    """For the rest of a body whose request is answered already, so that the client reads that."""

    unfinished_seconds: float = 5
    """For the rest of a request that has not come whole when the process begins to drain. A request
    that is answered with 503 then has not begun, and can be sent again."""

    answer_seconds: float = 30
    """For receiving ``least_taken`` bytes of an answer, or all that is left of it."""

    least_taken: int = 64 * 1024
    """Bytes. A client that reads at all frees much more than this at a time."""


class ConnectionState(IntEnum):
    """The state of a connection. Lower states give way to a new connection first."""

    NO_REQUEST = 0
    """No request has come yet, or only the rest of an answered request's body is missing."""

    IDLE = 1
    """All requests are answered, and the next one may come."""

    SLOW_READER = 2
    """The client reads its answer more slowly than Muster writes it."""

    SERVED = 3
    """A request is being served. Such a connection never gives way."""


class Client(Protocol):
    """The connection of one client, as its listener sees it."""

    address: str

    def give_way(self) -> None:
        """Close the connection in favour of another one."""


class OpenConnections:
    """The open connections of one listener, with the bounds on their number."""

    def __init__(self, connections: int, connections_per_address: int) -> None:
        self._most = connections
        self._most_of_one = connections_per_address
        self._states: dict[Client, ConnectionState] = {}
        # Each inner dict is an ordered set: clients in the order in which they entered the state.
        self._clients_in: dict[ConnectionState, dict[Client, None]] = {
            state: {} for state in ConnectionState
        }
        self._per_address: Counter[str] = Counter()

    def number(self) -> int:
        """Return the number of open connections."""
        return len(self._states)

    def admit(self, client: Client) -> bool:
        """Admit a client, in place of another one if need be, and return whether that was possible.

        The client gives way that is in the lowest state, and has been in it for longest.
        """
        of_one = self._per_address[client.address] >= self._most_of_one
        if of_one or self.number() >= self._most:
            found = self._idlest(client.address if of_one else None)
            if found is None:
                return False
            self.remove(found)
            found.give_way()
        self._states[client] = ConnectionState.NO_REQUEST
        self._clients_in[ConnectionState.NO_REQUEST][client] = None
        self._per_address[client.address] += 1
        return True

    def set_state(self, client: Client, state: ConnectionState) -> None:
        """Record the state of a client; a client that was removed is ignored."""
        before = self._states.get(client)
        if before is None or before is state:
            return
        del self._clients_in[before][client]
        self._clients_in[state][client] = None
        self._states[client] = state

    def remove(self, client: Client) -> None:
        """Remove a client. A client that was removed before is ignored."""
        state = self._states.pop(client, None)
        if state is None:
            return
        del self._clients_in[state][client]
        self._per_address[client.address] -= 1
        if not self._per_address[client.address]:
            del self._per_address[client.address]

    def _idlest(self, address: str | None) -> Client | None:
        """Return the client that gives way, of one address or of all; None if none can."""
        for state in (
            ConnectionState.NO_REQUEST,
            ConnectionState.IDLE,
            ConnectionState.SLOW_READER,
        ):
            for client in self._clients_in[state]:
                if address in (None, client.address):
                    return client
        return None


def address_of(host: str) -> str:
    """Return the address that a bound counts: for IPv6 the /64 network, which one client owns."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))
