"""What if spans cannot be told? The log says so, and the work that they are about goes on.

Relay and worker tell spans of work that is done. An error of the telling would undo nothing of it:
it would only be taken for an error of the work, which would be repeated or recorded as failed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Log(Protocol):
    """The log of a module."""

    def warning(self, event: str, *, error: str) -> object:
        """Write a line."""
        ...


@contextmanager
def harmless_telling(log: Log) -> Iterator[None]:
    """Log an error of the block by its type alone, since its text may quote a person."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - an error of any kind concerns the trace alone
        log.warning("spans_untold", error=type(error).__name__)
