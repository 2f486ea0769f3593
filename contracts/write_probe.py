"""What is written to find out whether a database takes writes? Rows that are taken back at once.

An empty transaction succeeds on a full disk, and so does a small one: there is room left in pages
that are there. These rows need pages of their own, and are rolled back.
"""

from uuid import uuid4

ROWS, CHARACTERS = 100, 1500
"""150 KB: more than tables of a few names have room for, and written within milliseconds. A longer
text would be compressed to nothing."""

SMALL_CACHE = "PRAGMA cache_size = 10"
USUAL_CACHE = "PRAGMA cache_size = -2000"
"""Pages, or KiB where below zero. SQLite writes what does not fit, instead of only remembering
what it would have to write at the commit."""


def probe_names() -> list[str]:
    """Return names that nothing else has, and that nobody ever sees."""
    probe = uuid4().hex
    return [f"probe-{probe}-{number}".ljust(CHARACTERS, "-") for number in range(ROWS)]


class TakenBack(Exception):
    """Ends a probe: everything could be written, and is rolled back."""
