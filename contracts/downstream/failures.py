"""Which events were given up? Failures are listed in groups and one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """The kinds of failures: the first two are the worker's, the last one is the relay's."""

    EXHAUSTED = "exhausted"
    PERMANENT = "permanent"
    UNPUBLISHABLE = "unpublishable"


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All failures of one kind with one message. Times are microseconds since the epoch."""

    kind: str
    message: str
    identities: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class ListedFailure:
    """An identity whose event could not be published or applied.

    ``message`` holds nothing personal. Times are microseconds since the epoch.
    """

    connection: str
    identity: str
    kind: str
    message: str
    version: int
    attempts: int
    first_at: int
    last_at: int
    correlation_id: str


class Failures(Protocol):
    """The failures of the worker."""

    async def groups(self) -> Sequence[FailureGroup]:
        """Return the failures in groups, the largest first."""
        ...

    async def of(
        self,
        *,
        kind: str | None = None,
        connection: str | None = None,
        identity: str | None = None,
    ) -> Sequence[ListedFailure]:
        """Return the failures that match every given argument, the latest first."""
        ...
