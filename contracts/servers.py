"""Which servers does a URL name? A URL lists one server, or several equivalent ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

STANDARD_PORTS = {"amqp": 5672, "amqps": 5671, "postgres": 5432, "postgresql": 5432}

SERVER = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:,\s]+))(?::(\d{0,5}))?")
USER = re.compile(r"(?:[^:/@]*(?::[^@]*)?@)?")
"""User and password as SQLAlchemy reads them, which is not strict about passwords."""

LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Server:
    """A server by its port and its host name, which its certificate is issued for."""

    host: str
    port: int


def servers_in(url: str) -> tuple[Sequence[Server], str]:
    """Return the servers of a URL, ``host[:port]`` with commas between, and a plain URL.

    The plain URL names the first server only, as other readers of URLs expect. A URL without a
    host has no server.

    :raises ValueError: when an item of the list is not a host with or without a port.
    """
    scheme, mark, rest = url.partition("://")
    begin = _end_of_user(rest)
    hosts = re.split("[/?#]", rest[begin:], maxsplit=1)[0]
    if not hosts:
        return [], url
    standard = STANDARD_PORTS.get(scheme.partition("+")[0], 0)
    found = [SERVER.fullmatch(it) for it in hosts.split(",")]
    servers = [Server(it[1] or it[2], int(it[3] or standard)) for it in found if it is not None]
    if len(servers) < len(found) or any(it.port > LAST_PORT for it in servers):
        raise ValueError("not a list of servers")
    first = hosts.split(",")[0]
    return servers, f"{scheme}{mark}{rest[:begin]}{first}{rest[begin + len(hosts) :]}"


def query_in(url: str) -> str:
    """Return the query of a URL; empty if it has none. User and password may hold any sign."""
    rest = url.partition("://")[2]
    return rest[_end_of_user(rest) :].partition("?")[2]


def _end_of_user(rest: str) -> int:
    """Return where the hosts begin in a URL without its scheme."""
    return USER.match(rest).end()  # type: ignore[union-attr]  # matches nothing, too
