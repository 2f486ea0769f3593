"""Which lanes, tiers and dead letters are there? The topology of the transport, as data."""

from enum import StrEnum


class Lane(StrEnum):
    """The two speeds: leavers overtake everybody else."""

    URGENT = "urgent"
    BULK = "bulk"


RETRY_DELAYS = (5, 30, 120, 600)
"""Seconds that an event waits before each further try, once trying in place has not helped."""

EXCHANGE = "identities"
DEAD_LETTERS = "dead-letters"
