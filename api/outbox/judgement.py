"""How many of the losses that wait may pass? Brakes allow a number within an hour. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.directory.brake_limits import BrakeLimit, Effect

Amounts = Mapping[Effect, int]
"""How much a loss counts for each effect, or how much room each brake leaves."""


@dataclass(frozen=True, slots=True)
class BrakeState:
    """A brake as it is found under its lock.

    ``tripped``: more was to pass than the limit allows, and nothing has passed since. ``released``
    counts the losses that have passed within the last hour, and ``people`` are those who were
    active before that, so that the threshold does not sink while people leave. ``holds_any``:
    losses wait for an administrator.
    """

    limit: BrakeLimit
    tripped: bool
    released: int
    people: int
    holds_any: bool

    @property
    def room(self) -> int:
        """Return how much may pass now.

        A tripped brake opens by itself once nothing is held any more and the last hour leaves room.
        """
        if self.tripped and self.holds_any:
            return 0
        return max(self.limit.threshold(self.people) - self.released, 0)


@dataclass(slots=True)
class RoomLeft:
    """The room that the brakes leave while losses are judged one by one.

    An effect without a brake is missing.
    """

    left: dict[Effect, int]

    def judge(self, loss: Amounts) -> Effect | None:
        """Return the effect whose brake holds the next loss, or None if it passes."""
        left = self.left
        counting = {effect: amount for effect, amount in loss.items() if effect in left and amount}
        holding = next((it for it, amount in counting.items() if amount > left[it]), None)
        if holding is not None:
            left[holding] = 0
            return holding
        for effect, amount in counting.items():
            left[effect] -= amount
        return None


def judged(room: Amounts, losses: Sequence[Amounts]) -> Sequence[Effect | None]:
    """Return for each loss the effect whose brake holds it, or None if it passes.

    The first losses pass. Once a brake holds one, it lets none pass that counts for it.

    :param room: the amounts that the brakes leave; an effect without a brake is missing.
    """
    left = RoomLeft(dict(room))
    return [left.judge(loss) for loss in losses]
