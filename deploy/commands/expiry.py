"""How does a command read an expiry, or a time past? It takes a duration, a date or a time."""

import re
from datetime import UTC, datetime, timedelta

from contracts.clock import instant_of, microseconds_of
from deploy.commands.invalid_input import InvalidInput

DURATION = re.compile("([0-9]{1,7})([smhd]?)")
"""A number of fewer digits than a date has, and its unit, which is a day where it is left out."""

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "": "days"}

FORMS = "90d, 12h, 30m, 2027-01-31 or 2027-01-31T18:00Z"
"""Examples of the forms of an expiry that are read."""

FORMS_OF_PAST = "30m, 12h, 2d, 2026-10-31 or 2026-10-31T18:00Z"
"""Examples of the forms of a time past that are read."""


def expiry_of(text: str, now: int) -> int:
    """Return the time that a text means, in microseconds since the epoch.

    A date is the moment when its day begins. Where no zone is named, the time is in UTC.

    :raises InvalidInput: when the text has no form that is read, or means no time that there is.
    """
    return _time_in("--expires", FORMS, text, now, 1)


def past_of(text: str, now: int) -> int:
    """Return the time past that a text means, as ``expiry_of`` does for a time to come.

    :raises InvalidInput: when the text has no form that is read, or means no time that there is.
    """
    return _time_in("--since", FORMS_OF_PAST, text, now, -1)


def _time_in(option: str, forms: str, text: str, now: int, direction: int) -> int:
    try:
        if duration := DURATION.fullmatch(text):
            number, unit = duration.groups()
            distance = timedelta(**{UNITS[unit]: direction * int(number)})
            return microseconds_of(instant_of(now) + distance)
        instant = datetime.fromisoformat(text)
        zoned = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
        return microseconds_of(zoned)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{option} takes {forms}") from None
