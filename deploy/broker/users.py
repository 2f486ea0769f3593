"""Which users has the broker? Each task has a user of its own, with no more rights than it needs.

This module imports the standard library and ``contracts.topology`` only, because `make secrets`
runs it before any package is installed.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.topology import Lane, Topology

NO_NAMES = "^$"
VIRTUAL_HOST = "/"

CONSUMER = "muster-consumer"
"""The user of other systems that read events. No part of Muster has its rights."""


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user of RabbitMQ. Each right is a pattern of the exchanges and queues that it covers."""

    name: str
    configure: str = NO_NAMES
    write: str = NO_NAMES
    read: str = NO_NAMES


def broker_users(topology: Topology) -> tuple[BrokerUser, ...]:
    """Return the users of an installation.

    Only the first user declares: exchanges and queues, bindings (write to the queue, read from the
    exchange) and dead-lettering (write to the exchange, read from the queue). Operators use it as
    well, to list dead letters and to send them back.

    The relay counts the messages in the queues. From 4.2.7 and 4.3.1 on, RabbitMQ asks for any
    right to the queues for that. The right to write allows nothing by itself: messages are written
    to exchanges, and a binding also needs the right to read from an exchange.

    The consumer is another system. It makes queues of its own, binds them to the exchange of events
    and reads them; it can neither publish an event nor read what is meant for Muster's workers.
    """
    everything = f"^{re.escape(topology.prefix)}\\."
    own_queues = f"^{re.escape(topology.of_consumers)}"
    return (
        BrokerUser("muster-topology", everything, everything, everything),
        BrokerUser(
            "muster-relay",
            write=_pattern_of(topology.events, *(queue.name for queue in topology.queues)),
        ),
        BrokerUser(
            "muster-worker",
            write=_pattern_of(topology.direct),  # retry tiers and dead letters
            read=_pattern_of(
                *(topology.lane(lane) for lane in Lane),
                *(topology.bundles(lane) for lane in Lane),
            ),
        ),
        BrokerUser(
            CONSUMER,
            configure=own_queues,
            write=own_queues,
            read=f"{own_queues}|{_pattern_of(topology.events)}",
        ),
    )


def definitions(users: Mapping[BrokerUser, str]) -> dict[str, Any]:
    """Return the definitions that RabbitMQ loads at its start, instead of making its stock user.

    They hold hashes of the passwords, not the passwords.
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


def _pattern_of(*names: str) -> str:
    return f"^({'|'.join(map(re.escape, names))})$"


def _hash(password: str) -> str:
    """Return the hash of a password as RabbitMQ stores it: the salt, then SHA-256 of both.

    Passwords are random here, so the salt need not be: it is taken from the password, and equal
    passwords give equal files.
    """
    salt = hashlib.sha256(password.encode()).digest()[:4]
    return b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
