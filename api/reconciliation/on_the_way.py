"""How long may an event be on its way? A comparison waits for what was published since."""

from api.reconciliation.verdicts import Moment
from contracts.transport import Publisher

IN_HAND_SECONDS = 30
"""A worker may need as long for what it has in hand, once nothing waits any more."""


async def moment_of_comparison(
    at: int, publisher: Publisher | None, longest_retry_seconds: float
) -> Moment:
    """Return the moment at which a comparison is made.

    :param publisher: the way to the broker; without a broker a mark stays until its event is
        applied, so that nothing is on its way.
    :param longest_retry_seconds: how long an event may be on its way while any waits.
    """
    if publisher is None:
        return Moment(at, settled_before=at)
    state = await publisher.inspect()
    nothing_waits = state.backlog is not None and state.backlog.is_empty
    seconds = IN_HAND_SECONDS if nothing_waits else longest_retry_seconds
    return Moment(at, settled_before=at - int(seconds * 1_000_000))
