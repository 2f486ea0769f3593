"""How is a database tested for writes? A probe inserts large rows and rolls them back.

An empty transaction succeeds on a full disk, and so does a small one, which finds room in existing
pages. The rows of a probe need pages of their own.
"""

from uuid import uuid4

PROBE_ROWS, PROBE_CHARACTERS = 100, 1500
"""150 KB: more than tables of a few names have room for, and written within milliseconds. A longer
text would be compressed away."""

SMALL_CACHE = "PRAGMA cache_size = 10"
USUAL_CACHE = "PRAGMA cache_size = -2000"
"""Pages, or KiB where below zero. With a small cache SQLite writes rows to the file at once; with
the usual one it keeps them in memory until the commit."""


def probe_names() -> list[str]:
    """Return names that are unique, and never committed."""
    probe = uuid4().hex
    return [f"probe-{probe}-{row}".ljust(PROBE_CHARACTERS, "-") for row in range(PROBE_ROWS)]


class ProbeRolledBack(Exception):
    """The probe has written its rows, and is to be rolled back."""
