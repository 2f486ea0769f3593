"""Do relays leave so little on the transport that workspaces can take turns?"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outbox.room import Room, most_waiting
from contracts.topology import Lane
from contracts.transport import Backlog, Confirmed, Parcel, PublishOutcome, TransportState

MOST = {Lane.BULK: 50, Lane.URGENT: 10}
LARGEST_BATCH = 20


class CountedLanes:
    """A transport that counts what lies in its lanes, if it can, and how often it was asked."""

    def __init__(self) -> None:
        self.waiting: dict[Lane, int] = dict.fromkeys(Lane, 0)
        self.counts, self.looks = True, 0

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        for parcel in parcels:
            self.waiting[parcel.lane] += 1
        return [Confirmed()] * len(parcels)

    async def publish_alone(self, parcel: Parcel) -> PublishOutcome:
        [outcome] = await self.publish([parcel])
        return outcome

    async def inspect(self) -> TransportState:
        self.looks += 1
        return TransportState(
            connected=True, backlog=Backlog(self.waiting) if self.counts else None
        )


@pytest.mark.parametrize("lane", Lane)
async def test_a_full_lane_has_no_room_until_workers_have_made_some(lane: Lane) -> None:
    lanes = CountedLanes()
    room = Room(lanes, MOST)
    lanes.waiting[lane] = MOST[lane]
    assert not await room.has_any(lane)
    lanes.waiting[lane] -= 1
    assert await room.has_any(lane)


async def test_a_lane_that_is_full_keeps_nobody_out_of_the_other() -> None:
    lanes = CountedLanes()
    lanes.waiting[Lane.BULK] = MOST[Lane.BULK]
    assert await Room(lanes, MOST).has_any(Lane.URGENT)


async def test_who_cannot_count_has_room() -> None:
    lanes = CountedLanes()
    lanes.counts = False
    room = Room(lanes, MOST)
    for _ in range(3):
        assert await room.has_any(Lane.BULK)
        room.fill(Lane.BULK, MOST[Lane.BULK])


@given(st.lists(st.tuples(st.integers(1, LARGEST_BATCH), st.integers(0, 20)), max_size=30))
async def test_a_relay_fills_a_lane_up_to_its_bound_and_a_batch(
    turns: list[tuple[int, int]],
) -> None:
    lanes = CountedLanes()
    room = Room(lanes, MOST)
    for batch, applied in turns:
        if await room.has_any(Lane.BULK):
            room.fill(Lane.BULK, batch)
            lanes.waiting[Lane.BULK] += batch
        assert lanes.waiting[Lane.BULK] < MOST[Lane.BULK] + LARGEST_BATCH
        lanes.waiting[Lane.BULK] -= min(applied, lanes.waiting[Lane.BULK])


async def test_nobody_looks_again_before_what_was_found_is_filled() -> None:
    lanes = CountedLanes()
    room = Room(lanes, MOST)
    for _ in range(5):
        assert await room.has_any(Lane.BULK)
        room.fill(Lane.BULK, MOST[Lane.BULK] // 5)
    assert lanes.looks == 1


def test_the_urgent_lane_has_a_part_and_never_none() -> None:
    assert most_waiting(10_000) == {Lane.BULK: 10_000, Lane.URGENT: 2_000}
    assert most_waiting(1)[Lane.URGENT] == 1
