"""How large are the shares of one connection? Settings change these sizes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShareSizes:
    """The sizes of the shares; settings can change them. ``patience`` is in seconds."""

    requests_each: int = 16
    """Concurrent requests of one connection; providers send up to a hundred, and wait."""

    searches: int = 4
    searches_each: int = 2
    """Concurrent searches, each on a connection to the database, in all and of one connection."""

    writers: int = 6
    writers_each: int = 2
    reserved_writers: int = 2
    """Concurrent transactions of requests that write one each, in all and of one connection, and
    further ones for deactivations and deletions of users. SQLite has one writer."""

    patience: float = 10
    """How long a request waits for a slot before it is answered with 429."""
