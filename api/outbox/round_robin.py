"""Whose marks are published next? Round the workspaces, each as many as any other. Pure."""

from collections.abc import Mapping, Sequence


class RoundRobin:
    """Shares the places of one batch between workspaces that have marks, few or many.

    Nobody knows beforehand how many each of them has: whoever gives fewer than its share has no
    more, and its places go to the others. So the places of two that have more left differ by one
    at most.

    :param waiting: the workspaces; the order is that of the round.
    :param after: the workspace that was served last; the next one is served first.
    """

    def __init__(self, waiting: Sequence[str], places: int, after: str = "") -> None:
        ordered = sorted(waiting)
        later = [it for it in ordered if it > after]
        self._waiting = later + ordered[: len(ordered) - len(later)]
        self._places = places
        self.last_served = after

    def next(self) -> tuple[Sequence[str], int]:
        """Return who is served now, and how many marks each may give. Nobody: the batch is done."""
        if not (self._waiting and self._places):
            return (), 0
        share = max(1, self._places // len(self._waiting))
        return self._waiting[: self._places], share

    def served(self, given: Mapping[str, int]) -> None:
        """Take in how many marks whoever was served has given."""
        now, share = self.next()
        full = [it for it in now if given.get(it, 0) >= share]
        self._waiting = [*self._waiting[len(now) :], *full]
        self._places -= sum(given.values())
        self.last_served = now[-1]
