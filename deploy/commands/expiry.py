"""How does a command read an expiry? It takes a duration from now on, or a date or a time."""

import re
from datetime import UTC, datetime, timedelta

from contracts.clock import instant_of, microseconds_of
from deploy.commands.invalid_input import InvalidInput

DURATION = re.compile("([0-9]{1,7})([smhd]?)")
"""A number of fewer digits than a date has, and its unit, which is a day where it is left out."""

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "": "days"}

FORMS = "90d, 12h, 30m, 2027-01-31 or 2027-01-31T18:00Z"
"""Examples of the forms that are read."""


def expiry_of(text: str, now: int) -> int:
    """Return the time that a text means, in microseconds since the epoch.

    A date is the moment when its day begins. Where no zone is named, the time is in UTC.

    :raises InvalidInput: when the text has no form that is read, or means no time that there is.
    """
    try:
        if duration := DURATION.fullmatch(text):
            number, unit = duration.groups()
            return microseconds_of(instant_of(now) + timedelta(**{UNITS[unit]: int(number)}))
        instant = datetime.fromisoformat(text)
        zoned = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
        return microseconds_of(zoned)
    except (ValueError, OverflowError):
        raise InvalidInput(f"--expires takes {FORMS}, not {text!r}") from None
