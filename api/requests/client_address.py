"""From which address does a request come? The nearest that is no trusted proxy's counts.

A proxy adds the address of its own client to the end of X-Forwarded-For. Any client can send the
header, so that it counts only from proxies that the settings name, and is read from the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FORWARDED_HEADER = "x-forwarded-for"

MOST_PROXIES = 16
"""Proxies in a row that are followed; a longer list is a forgery."""


def networks_in(text: str) -> tuple[Network, ...]:
    """Return the networks and addresses in a text, which separates them by commas.

    :raises ValueError: when a part of the text is neither a network nor an address.
    """
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks of the proxies whose header counts."""

    networks: tuple[Network, ...] = ()

    def address_of(self, client: str | None, forwarded: Sequence[str]) -> str | None:
        """Return the address of a request, in its usual form; None where there is none.

        :param client: the other end of the connection.
        :param forwarded: the values of the header, in their order.
        """
        nearest = _read(client or "")
        if nearest is None or not (forwarded and self._trusts(nearest)):
            return None if nearest is None else str(nearest)
        hops = ",".join(forwarded).rsplit(",", MOST_PROXIES)
        for hop in reversed(hops[-MOST_PROXIES:]):
            address = _read(hop.strip())
            if address is None:
                break  # the last trusted proxy has sent no address
            nearest = address
            if not self._trusts(address):
                break
        return str(nearest)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


@lru_cache(maxsize=1_000)
def _read(text: str) -> Address | None:
    """Return the address in a text, without a port and a zone, as some proxies add them."""
    host = text
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
