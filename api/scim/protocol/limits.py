"""How much may one request ask for? Sizes that a setting can change, and those that are fixed.

Each bounds work before it begins, because requests of all workspaces share a process.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may ask for. The settings say how much, the discovery announces it."""

    body_bytes: int = 16 * 1024 * 1024
    """A group of 100,000 members is pushed in about half of that."""

    body_seconds: float = 30
    """What sending a body may take; providers give up after a minute themselves."""

    page_size: int = 200
    """Resources in one answer; importers ask for 100."""

    page_bytes: int = 16 * 1024 * 1024
    """Where a page ends although more resources were asked for: two hundred users of 80 KB, or two
    hundred groups of 500 members. One resource is always shown, whatever its size."""

    cursor_seconds: int = 3600
    """How long the next page may be asked for."""

    search_seconds: float = 5
    """What a search may take; an index serves what providers look up in milliseconds."""

    bulk_operations: int = 1_000
    bulk_bytes: int = 1024 * 1024
    """Both are those of the example in RFC 7643 section 8.5."""

    patch_operations: int = 1_000
    """Operations of one PATCH; providers send up to a hundred."""

    value_characters: int = 64 * 1024
    """Characters of one value: certificates and pictures in a data URI fit, files do not."""

    user_characters: int = 256 * 1024
    """Characters of all values of a user: four of the longest. A page holds many users."""

    @property
    def user_bytes(self) -> int:
        """Return the bytes of a request for a user: its values, escaped at worst, and as much."""
        return min(self.body_bytes, 8 * self.user_characters)

    @property
    def search_bytes(self) -> int:
        """Return the bytes of a search that is sent as a body."""
        return min(self.body_bytes, 256 * 1024)


MOST_USER_VALUES, MOST_GROUP_VALUES = 20_000, 600_000
"""JSON values in one body, about, because commas in its texts are counted too: a user has at most a
thousand entries of a few values each, and 100,000 members take 400,000 with all that can be said of
them."""

MOST_NAMES = 1_000
"""Attributes of one object, known or not; all of ours are fifty."""

DEEPEST = 50
"""Objects and arrays within each other; SCIM needs four."""

LONGEST_NAME = 500
"""Characters of what is indexed or becomes a name downstream; PostgreSQL refuses index entries of
more than 2,700 bytes."""

MOST_GROUPS_OF_ONE, MOST_GROUP_BYTES = 10_000, 768 * 1024
"""Groups of one user, and bytes of all their names as JSON: five times what is known of the largest
directories. An event so stays well below 1 MiB, and in a directory with fewer groups than this
nobody has to be counted."""

MOST_IN_CYCLE, LARGEST_CYCLE = 32, 32 * 1024
"""Operations of a bulk request that name each other in a circle, and bytes of all of them: they are
one transaction."""
