"""When was an identity committed downstream? An observer stamps it, and not the worker's clock.

The worker's own ``applied_at`` is the time before its transaction begins, 6 to 60 ms early.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Commit:
    """A version of an identity that was committed, at a time in seconds since the epoch."""

    identity: str
    version: int
    at: float


class CommitWatch(Protocol):
    """Stamps what is committed downstream."""

    def watching(self) -> AbstractAsyncContextManager[None]:
        """Stamp, within the block, all that is committed."""
        ...

    async def commits(self) -> Sequence[Commit]:
        """Return what was stamped within the block that is open."""
        ...


def lags(
    answered: Mapping[str, float], versions: Mapping[str, int], commits: Iterable[Commit]
) -> list[float]:
    """Return the seconds from each one's answer to the commit of its newest version.

    A lag is less than nothing where the commit came before its client had read the answer.

    :raises KeyError: when a version was not committed.
    """
    arrived: dict[str, float] = {}
    for commit in commits:
        if commit.version >= versions.get(commit.identity, commit.version + 1):
            arrived[commit.identity] = min(arrived.get(commit.identity, commit.at), commit.at)
    return [arrived[identity] - at for identity, at in answered.items()]
