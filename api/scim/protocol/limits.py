"""How much may one request ask for? Settings change some limits; the others are fixed.

Each limit bounds work before it begins, because requests of all workspaces share a process.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one request that settings change and the discovery announces."""

    body_bytes: int = 16 * 1024 * 1024
    """Bytes of the largest body; a group of 100,000 members takes about half of that."""

    body_seconds: float = 30
    """Seconds in which a body has to arrive; providers give up after a minute themselves."""

    page_size: int = 200
    """Resources on one page; importers ask for 100."""

    page_bytes: int = 16 * 1024 * 1024
    """Bytes at which a page ends before its number of resources: two hundred users of 80 KB, or two
    hundred groups of 500 members. A page has at least one resource, whatever its size."""

    cursor_seconds: int = 3600
    """Seconds for which a cursor stays valid."""

    search_seconds: float = 5
    """Seconds that a search may take; an index serves providers' look-ups in milliseconds."""

    bulk_operations: int = 1_000
    bulk_bytes: int = 1024 * 1024
    """Operations and bytes of a bulk request, as in the example of RFC 7643 section 8.5."""

    patch_operations: int = 1_000
    """Operations of one PATCH; providers send up to a hundred."""

    value_characters: int = 64 * 1024
    """Characters of one value: certificates and pictures in data URIs fit, other files do not."""

    user_characters: int = 256 * 1024
    """Characters of all values of a user, four of the longest: a page holds many users."""

    @property
    def user_bytes(self) -> int:
        """Return the largest body for a user, in bytes: all values escaped, and their structure."""
        return min(self.body_bytes, 8 * self.user_characters)

    @property
    def search_bytes(self) -> int:
        """Return the largest body of a search, in bytes."""
        return min(self.body_bytes, 256 * 1024)


MOST_USER_VALUES, MOST_GROUP_VALUES = 20_000, 600_000
"""JSON values in one body, approximately, because commas in texts count as well: a user has at most
a thousand entries of a few values each, and 100,000 members with all attributes take 400,000."""

MOST_NAMES = 1_000
"""Attributes of one object, known or not; the schemas have fifty."""

DEEPEST = 50
"""Levels of nested objects and arrays; SCIM needs four."""

LONGEST_NAME = 500
"""Characters of a value that is indexed or becomes a name downstream; PostgreSQL refuses index
entries of more than 2,700 bytes."""

MOST_GROUPS_OF_ONE, MOST_GROUP_BYTES = 10_000, 768 * 1024
"""Groups of one user, and bytes of all their names as JSON: five times the numbers of the largest
known directories. An event thus stays well below 1 MiB, and a directory with fewer groups than this
needs no counting of memberships."""

MOST_IN_CYCLE, LARGEST_CYCLE = 32, 32 * 1024
"""Operations of a bulk request that refer to each other in a cycle, and the bytes of all of them:
they are one transaction."""
