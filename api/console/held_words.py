"""What has become of held people? A message tells it after a decision. Pure."""

from collections import Counter
from collections.abc import Sequence

from api.admin.foresee_held import ForeseenLoss
from api.console.rule_words import action
from api.console.words import people, told
from api.directory.brake_limits import Effect

NO_MORE = "Nothing was held any more."


def approved(number: int, foreseen: Sequence[ForeseenLoss]) -> str:
    """Return the message of an approval; a brake also holds people who lose nothing."""
    losses = Counter[str]()
    for loss in foreseen:
        losses[_words(loss)] += loss.people
    effects = (
        list(losses) if len(losses) == 1 else [f"{people(n)}: {it}" for it, n in losses.items()]
    )
    return " ".join([f"Approved: {people(number)}.", *effects])


def rejected(number: int) -> str:
    """Return the message of a rejection."""
    return f"Rejected: {people(number)} will stay until the provider tells otherwise."


def _words(loss: ForeseenLoss) -> str:
    if loss.effect is Effect.ADMIN_ROLE:
        return told(loss.effect)
    return "The person leaves." if loss.action is None else action(loss.action)
