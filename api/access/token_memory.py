"""Which tokens have just opened a connection? A bounded memory tells, by their digests.

A remembered token is a guess. The statement that serves its request checks the token again, and no
request is answered before some statement that began after its arrival has found the token live
(decision 30).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

MOST_TOKENS = 10_000
"""Tokens that are remembered; of more, the one that was confirmed the longest ago is forgotten.
"""

SECONDS = 1.0
"""How long a token is remembered after it was confirmed."""

OpenedT = TypeVar("OpenedT")


@dataclass(slots=True)
class _Known(Generic[OpenedT]):
    """The connection that a token opened when it was last found live, and whether it has ended."""

    opened: OpenedT
    moment: int
    at: float
    has_ended: bool = False


class TokenMemory(Generic[OpenedT]):
    """Remembers the connections that live tokens opened, by digest; other tokens are never in it.

    A moment is a number that grows with each request and each statement, so that it tells which of
    both came first; a clock could give both the same time.
    """

    def __init__(self, clock: Callable[[], float] = monotonic, most: int = MOST_TOKENS) -> None:
        self._clock = clock
        self._most = most
        self._moment = 0
        self._known: OrderedDict[str, _Known[OpenedT]] = OrderedDict()

    def next_moment(self) -> int:
        """Return a moment after all others: that of a request, or of a statement that begins."""
        self._moment += 1
        return self._moment

    def confirm(self, digest: str, opened: OpenedT, moment: int) -> None:
        """Remember what a token opens, as a statement has found that began at a moment.

        A statement that began earlier than the last one tells nothing new, however late it ends.
        """
        if (known := self._known.get(digest)) is not None and known.moment > moment:
            return
        self._known[digest] = _Known(opened, moment, self._clock())
        self._known.move_to_end(digest)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def end(self, digest: str) -> None:
        """Note that a token opens nothing any more, so that it is looked up from now on."""
        if digest in self._known:
            self._known[digest].has_ended = True

    def recall(self, digest: str) -> OpenedT | None:
        """Return what a token opened within the last second, unless it has ended."""
        known = self._known.get(digest)
        if known is None or known.has_ended or self._clock() - known.at > SECONDS:
            return None
        return known.opened

    def confirmed_since(self, digest: str, moment: int) -> OpenedT | None:
        """Return what a token opens, if it was found live by a statement that began after a moment.

        That the token has ended later is no matter: the statement may have written something, which
        its request is told.
        """
        known = self._known.get(digest)
        return known.opened if known and known.moment > moment else None
