"""Who may do what on the broker? One user for each task, with the rights that the task needs.

This module and what it imports get along with the standard library: `make secrets` runs it
before anything is installed.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.topology import Lane, Topology

NOTHING = "^$"
VIRTUAL_HOST = "/"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of RabbitMQ; the rights are patterns that the names of what it touches match."""

    name: str
    configure: str = NOTHING
    write: str = NOTHING
    read: str = NOTHING


def broker_users(topology: Topology) -> tuple[BrokerUser, ...]:
    """Return the users of an installation.

    Only the first one declares: exchanges and queues, bindings (write to the queue, read from the
    exchange) and dead-lettering (write to the exchange, read from the queue). It is the operator's
    user as well, who looks at dead letters and sends them back.

    The relay counts what lies in the queues. For that RabbitMQ asks, from 4.2.7 and 4.3.1 on, for
    any right to them, and that to write is the one that allows nothing by itself: messages are
    written to exchanges, and who binds has to read from an exchange.
    """
    everything = f"^{re.escape(topology.prefix)}\\."
    return (
        BrokerUser("muster-topology", everything, everything, everything),
        BrokerUser(
            "muster-relay",
            write=_these(topology.events, *(queue.name for queue in topology.queues)),
        ),
        BrokerUser(
            "muster-worker",
            write=_these(topology.direct),  # retry tiers and dead letters
            read=_these(*(topology.lane(lane) for lane in Lane)),
        ),
    )


def definitions(users: Mapping[BrokerUser, str]) -> dict[str, Any]:
    """Return what RabbitMQ loads at its start, in place of its stock user, from users' passwords.

    It holds hashes, no passwords.
    """
    return {
        "vhosts": [{"name": VIRTUAL_HOST}],
        "users": [
            {
                "name": user.name,
                "password_hash": _hash(password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": [],
            }
            for user, password in users.items()
        ],
        "permissions": [
            {
                "user": user.name,
                "vhost": VIRTUAL_HOST,
                "configure": user.configure,
                "write": user.write,
                "read": user.read,
            }
            for user in users
        ],
    }


def _these(*names: str) -> str:
    return f"^({'|'.join(map(re.escape, names))})$"


def _hash(password: str) -> str:
    """Hash a password as RabbitMQ does: the salt, and SHA-256 of salt and password.

    Passwords are random here, so that the salt need not be, and equal ones give equal files.
    """
    salt = hashlib.sha256(password.encode()).digest()[:4]
    return b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
