"""How many may leave within an hour? The brake of a connection has a number and a share. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from api.errors import UnusableBrake

OFF, STANDARD = "off", "50:10"
"""The brake that lets all losses pass, and that of connections which choose none."""

WINDOW = 3_600_000_000
"""Microseconds within which releases are counted."""

LIMIT = re.compile("([0-9]{1,7}):([0-9]{1,3})")
WHOLE = 100


class Effect(StrEnum):
    """The kinds of losses that a brake counts."""

    DEACTIVATION = "deactivation"
    ADMIN_ROLE = "admin-role"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class BrakeLimit:
    """The losses that may pass within an hour: a number, or a share (in percent) of the people."""

    number: int
    share: int

    def threshold(self, people: int) -> int:
        """Return how many losses may pass: the larger of the number and the share of the people."""
        return max(self.number, people * self.share // WHOLE)

    def people_for(self, losses: int) -> int:
        """Return the least number of people whose share lets so many losses pass; 0: none does."""
        return -(-losses * WHOLE // self.share) if self.share else 0


def limit_in(brake: str) -> BrakeLimit | None:
    """Return the limit that a text means; None where the brake is off.

    :raises UnusableBrake: when the text is neither ``off`` nor ``NUMBER:SHARE``.
    """
    if brake == OFF:
        return None
    found = LIMIT.fullmatch(brake)
    if found is None or int(found[2]) > WHOLE:
        raise UnusableBrake(brake)
    return BrakeLimit(int(found[1]), int(found[2]))
