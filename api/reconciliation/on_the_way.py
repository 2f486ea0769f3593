"""How long may an event be on its way? Until then, a comparison counts it as pending."""

from api.reconciliation.verdicts import Moment
from contracts.transport import Publisher

IN_HAND_SECONDS = 30
"""How long a worker may need for the events in its hands, once no other event waits."""


async def moment_of_comparison(
    at: int, publisher: Publisher | None, longest_retry_seconds: float
) -> Moment:
    """Return the moment of a comparison, with the time before which publications have arrived.

    :param at: the present time, in microseconds.
    :param publisher: the way to the broker, or None without one: a mark then stays until its event
        is applied, so that no event is on its way.
    :param longest_retry_seconds: how long an event may be on its way while any event waits.
    """
    if publisher is None:
        return Moment(at, settled_before=at)
    state = await publisher.inspect()
    nothing_waits = state.backlog is not None and state.backlog.is_empty
    seconds = IN_HAND_SECONDS if nothing_waits else longest_retry_seconds
    return Moment(at, settled_before=at - int(seconds * 1_000_000))
