"""How long is a window? Durations of rules, as they are or shortened for a test."""

from dataclasses import dataclass

SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Pace:
    """Divides every duration of the rules by the same number; 1 is life."""

    divisor: float = 1

    def duration(self, seconds: float) -> str:
        """Write so many seconds as PromQL does, in the largest unit that leaves no fraction."""
        milliseconds = round(seconds / self.divisor * 1000)
        units = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND}
        for name, size in units.items():
            if milliseconds and milliseconds % (size * 1000) == 0:
                return f"{milliseconds // (size * 1000)}{name}"
        return f"{milliseconds}ms"

    def seconds(self, seconds: float) -> str:
        """Write so many seconds as a number."""
        return f"{seconds / self.divisor:g}"
