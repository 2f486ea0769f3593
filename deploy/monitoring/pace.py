"""How long is a window? A pace gives the durations of rules, or shortens them for a test."""

from dataclasses import dataclass

SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Pace:
    """Divides every duration of the rules by the same number, which is 1 in production."""

    divisor: float = 1

    def duration(self, seconds: float) -> str:
        """Return a duration of PromQL, in the largest unit that leaves no fraction."""
        milliseconds = round(seconds / self.divisor * 1000)
        units = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
        for name, size in units.items():
            if milliseconds and milliseconds % (size * 1000) == 0:
                return f"{milliseconds // (size * 1000)}{name}"
        return f"{milliseconds}ms"

    def seconds(self, seconds: float) -> str:
        """Return the seconds of a duration, as a number of PromQL."""
        return f"{seconds / self.divisor:g}"
