"""Which workspace is served next? A round robin gives each an equal part of a batch. Pure."""

from collections.abc import Mapping, Sequence


class RoundRobin:
    """Shares one batch between the workspaces that have marks, few or many.

    The numbers of their marks are not known beforehand: a workspace that gives fewer than its share
    has no more, and the rest of its share goes to the others. The marks of two workspaces that have
    more left thus differ by one at most.

    :param waiting: the workspaces that have marks.
    :param size: the marks of the batch.
    :param after: the workspace that was served last; the next one, by name, is served first.
    """

    def __init__(self, waiting: Sequence[str], size: int, after: str = "") -> None:
        ordered = sorted(waiting)
        later = [it for it in ordered if it > after]
        self._waiting = later + ordered[: len(ordered) - len(later)]
        self._left = size
        self.last_served = after

    def next(self) -> tuple[Sequence[str], int]:
        """Return the workspaces to serve and the share of each; none once the batch is complete."""
        if not (self._waiting and self._left):
            return (), 0
        share = max(1, self._left // len(self._waiting))
        return self._waiting[: self._left], share

    def served(self, given: Mapping[str, int]) -> None:
        """End the round of ``next``: workspaces that gave less than their share drop out.

        :param given: the number of marks that each workspace gave; a missing workspace gave none.
        """
        now, share = self.next()
        full = [it for it in now if given.get(it, 0) >= share]
        self._waiting = [*self._waiting[len(now) :], *full]
        self._left -= sum(given.values())
        self.last_served = now[-1]
