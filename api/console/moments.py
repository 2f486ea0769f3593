"""How is a time shown? It is told relative to now, with the exact time beside it. Pure."""

from datetime import datetime

from contracts.clock import LAST, instant_of, microseconds_of

SECOND = 1_000_000
"""Microseconds."""

LATEST = microseconds_of(LAST)
"""Microseconds up to the last moment that has a date; later ones are told by it."""

UNITS = (
    ("year", 365 * 86_400),
    ("month", 30 * 86_400),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)
"""Units with their seconds, the longest first."""

JUST_NOW = 10
"""Seconds that count as no time at all."""


def relative(micros: int, now: int) -> str:
    """Return a time in words, as ``3 minutes ago`` or ``in 2 days``.

    A time to come is rounded to the nearest unit: a week is still told as 7 days a moment later.

    :param micros: microseconds since the epoch, as ``now``.
    """
    seconds = (now - micros) // SECOND
    if abs(seconds) < JUST_NOW:
        return "just now"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(_rounded(-seconds))}"


def span(seconds: float) -> str:
    """Return a duration in words, in its largest unit."""
    for unit, length in UNITS:
        if seconds >= length:
            return _counted(int(seconds // length), unit)
    return _counted(int(seconds), "second") if seconds >= 1 or not seconds else "under a second"


def _rounded(seconds: int) -> int:
    """Return a duration that is a whole number of its largest unit."""
    length = next((length for _, length in UNITS if seconds >= length), 1)
    return round(seconds / length) * length


def exact(micros: int) -> str:
    """Return a time to the second, in UTC."""
    return f"{_time(micros):%Y-%m-%d %H:%M:%S} UTC"


def day(micros: int) -> str:
    """Return the day of a time in words, in UTC."""
    return f"{_time(micros):%A}, {_time(micros).day} {_time(micros):%B %Y}"


def machine_readable(micros: int) -> str:
    """Return a time as HTML's ``datetime`` attributes have it."""
    return f"{_time(micros):%Y-%m-%dT%H:%M:%SZ}"


def _time(micros: int) -> datetime:
    return instant_of(min(micros, LATEST))


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" + ("" if number == 1 else "s")
