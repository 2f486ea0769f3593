"""How long does an event wait that is locked out, and whose patience is short?"""

from dataclasses import dataclass

import pytest

from contracts.topology import RETRY_DELAYS, Lane
from worker.locked_out import (
    LOCK_TIMEOUTS,
    LONGEST_DELAY,
    SHORT_LOCK_TIMEOUT,
    ContendedWorkspaces,
    delay_of,
)


@dataclass(frozen=True)
class Event:
    """As far as suspicion goes."""

    workspace: str
    number: int


@pytest.mark.parametrize("lane", Lane)
def test_an_event_that_is_locked_out_waits_for_growing_tiers_and_not_for_long(lane: Lane) -> None:
    delays = [delay_of(lane, attempts) for attempts in range(10)]
    assert delays == sorted(delays)
    assert delays[0] == RETRY_DELAYS[0]
    assert set(delays) <= set(RETRY_DELAYS)
    assert delays[-1] == LONGEST_DELAY[lane]


def test_a_leaver_whose_lock_is_free_within_half_a_minute_is_applied_five_seconds_later() -> None:
    delays = [delay_of(Lane.URGENT, attempts) for attempts in range(7)]
    assert delays == [5, 5, 5, 5, 5, 5, 30]


@pytest.mark.parametrize("lane", Lane)
def test_a_batch_waits_longer_than_postgresql_looks_for_deadlocks(lane: Lane) -> None:
    assert SHORT_LOCK_TIMEOUT < 1 < LOCK_TIMEOUTS[lane]


async def test_events_of_a_suspected_workspace_wait_apart_from_others() -> None:
    suspects = ContendedWorkspaces()
    events = [Event("acme", 1), Event("other", 2), Event("acme", 3)]
    assert suspects.split(events) == ([], events)
    suspects.add({"acme"})
    assert suspects.split(events) == ([events[0], events[2]], [events[1]])
