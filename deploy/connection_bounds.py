"""Which connections may be open at once? So many in all and from one address; the idlest give way.

A newcomer is refused only where everybody else is being served. Attackers who hold connections
without asking for anything so keep nobody out, not even from an address that they share.
"""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv6Address
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many connections a listener holds, and how long a client may take. Times are seconds."""

    connections: int = 512
    """In all. A process is busy with 64; if all ask at once, the last waits for half a second."""

    connections_per_address: int = 256
    """Half, so that no address has them all; a proxy in front is one address, and needs fewer."""

    head_seconds: float = 10
    """For the head of a request, from the opening of the connection or from the head's first byte.
    A provider sends it in one packet."""

    keep_alive_seconds: int = 150
    """For the next request: longer than clients and proxies keep an idle connection (nginx 60,
    Caddy 120), so that they close it. Where the server does, a request may be on its way, and a
    proxy does not send a POST again."""

    rest_seconds: float = 10
    """For the rest of a body whose request is answered already, so that the answer is read."""

    answer_seconds: float = 30
    """For taking ``least_taken`` of an answer, or all that is left of it."""

    least_taken: int = 64 * 1024
    """Bytes: a system hands on much more at a time of what its client takes."""


class Standing(IntEnum):
    """Where a connection stands, in the order in which they give way to a newcomer."""

    ASKING = 0
    """No request has been made, or one is answered and only the rest of its body is missing."""

    RESTING = 1
    """Requests have been answered; the next one may come."""

    BEHIND = 2
    """The client does not take its answer as fast as it is given."""

    SERVED = 3
    """A request is being served. The connection gives way to nobody."""


class Client(Protocol):
    """The client's connection, as its listener sees it."""

    address: str

    def give_way(self) -> None:
        """Close the connection in favour of another one."""


class OpenConnections:
    """The connections of one listener."""

    def __init__(self, connections: int, connections_per_address: int) -> None:
        self._most = connections
        self._most_of_one = connections_per_address
        self._standings: dict[Client, Standing] = {}
        # As sets whose order is that in which clients came to stand there.
        self._at: dict[Standing, dict[Client, None]] = {standing: {} for standing in Standing}
        self._from: Counter[str] = Counter()

    def number(self) -> int:
        """Return how many there are."""
        return len(self._standings)

    def admit(self, client: Client) -> bool:
        """Let a client in, in place of another one if need be, and say whether that was possible.

        Of those that give way, the one that has stood there for longest does.
        """
        of_one = self._from[client.address] >= self._most_of_one
        if of_one or self.number() >= self._most:
            found = self._idlest(client.address if of_one else None)
            if found is None:
                return False
            self.leave(found)
            found.give_way()
        self._standings[client] = Standing.ASKING
        self._at[Standing.ASKING][client] = None
        self._from[client.address] += 1
        return True

    def stand(self, client: Client, standing: Standing) -> None:
        """Note where a client stands now; one that has left is not noted."""
        before = self._standings.get(client)
        if before is None or before is standing:
            return
        del self._at[before][client]
        self._at[standing][client] = None
        self._standings[client] = standing

    def leave(self, client: Client) -> None:
        """Forget a client. It may have been forgotten already."""
        standing = self._standings.pop(client, None)
        if standing is None:
            return
        del self._at[standing][client]
        self._from[client.address] -= 1
        if not self._from[client.address]:
            del self._from[client.address]

    def _idlest(self, address: str | None) -> Client | None:
        """Return who gives way, of one address or of all."""
        for standing in (Standing.ASKING, Standing.RESTING, Standing.BEHIND):
            for client in self._at[standing]:
                if address in (None, client.address):
                    return client
        return None


def address_of(host: str) -> str:
    """Return what counts as one address: of IPv6 the network, which one client has all of."""
    if ":" not in host:
        return host
    address = IPv6Address(host.partition("%")[0])
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))
