"""How much of a process may one connection use? Its shares bound it; leavers have a reserve.

Requests of all workspaces meet in a process. Each share bounds the slots that one connection holds
at a time and lets connections take turns, so that a connection that asks for too much waits for
itself.
"""

from dataclasses import dataclass

from api.fairness.share_sizes import ShareSizes
from api.fairness.slots import UNBOUNDED, FairSlots
from api.fairness.work import WorkRunner
from api.metrics import ApiMetrics

THREADS, RESERVED_THREADS = 2, 1
"""Threads for large work, and further ones for urgent requests. More threads would only take the
interpreter from each other."""

LARGE_BODY, HUGE_BODY = 64 * 1024, 1024 * 1024
"""The bytes above which a body is large, or huge; decoded, it takes up to eighteen times more."""

LARGE_BODIES = 16
"""Large bodies that are processed at once. They are complete by then, so that no client can hold
such a slot by sending slowly."""

HUGE_RECEIVED, HUGE_PATIENCE = 6, 3
"""Huge bodies that arrive at once, and how many times the patience one waits to be processed: huge
bodies are processed one after the other, for some seconds each."""


@dataclass(frozen=True, slots=True)
class BodyShares:
    """The shares of memory for bodies: huge ones that arrive, large and huge ones in process."""

    received: FairSlots
    large: FairSlots
    huge: FairSlots

    def slots_for(self, size: int) -> FairSlots | None:
        """Return the slots of which a complete body needs one; None where it is small."""
        if size <= LARGE_BODY:
            return None
        return self.large if size <= HUGE_BODY else self.huge


class Shares:
    """The shares of one process."""

    def __init__(self, sizes: ShareSizes, metrics: ApiMetrics, *, one_writer: bool) -> None:
        """Create the shares.

        :param one_writer: whether the database allows one writer at a time.
        """

        def slots(
            share: str, total: int, each: int, reserved: int = 0, patience: float = 1
        ) -> FairSlots:
            refused = metrics.share_refusals.labels(share)
            return FairSlots(
                total=total,
                per_owner=each,
                reserved=reserved,
                patience=sizes.patience * patience,
                refused=refused,
            )

        self.requests = slots("requests", UNBOUNDED, sizes.requests_each)
        self.bodies = BodyShares(
            received=slots("bodies", HUGE_RECEIVED, 1),
            large=slots("bodies", LARGE_BODIES, 1),
            huge=slots("bodies", 1, 1, patience=HUGE_PATIENCE),
        )
        self.searches = slots("searches", sizes.searches, sizes.searches_each)
        self.writers = (
            slots("writers", 1, 1)
            if one_writer
            else slots("writers", sizes.writers, sizes.writers_each, sizes.reserved_writers)
        )
        threads = slots("threads", THREADS, 1, RESERVED_THREADS)
        self.work = WorkRunner(threads, slots("turns", 1, 1), THREADS + RESERVED_THREADS)
