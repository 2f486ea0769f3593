"""When did the steps of a batch begin and end? A watch notes it where a trace is sampled."""

from dataclasses import dataclass, field

from contracts.clock import Clock
from worker.planning.facts import IdentityKey


@dataclass(slots=True)
class BatchWatch:
    """The moments of one transaction, in microseconds.

    ``planned`` has the moments before and after the plan of each identity, and ``saving_at`` is
    the moment from which effects are saved, until the commit.
    """

    clock: Clock
    begun_at: int = 0
    planned: dict[IdentityKey, tuple[int, int]] = field(default_factory=dict)
    saving_at: int = 0
    _since: int = 0

    def begin(self) -> None:
        """Note that the transaction begins, perhaps anew."""
        self.begun_at = self.clock()
        self.planned.clear()

    def begin_plan(self) -> None:
        """Note that the next event is planned now."""
        self._since = self.clock()

    def end_plan(self, key: IdentityKey) -> None:
        """Note that the event of an identity is planned."""
        at = self.clock()
        self.planned[key] = (self._since, at)
        self._since = at

    def begin_saving(self) -> None:
        """Note that all events are planned, and effects are saved from now on."""
        self.saving_at = self.clock()
