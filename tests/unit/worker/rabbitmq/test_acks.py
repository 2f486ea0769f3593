"""Do acks that go together name those deliveries that were acknowledged, and no others?"""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from worker.rabbitmq.acks import Acks


@dataclass
class Broker:
    """What a broker keeps of a channel, as AMQP 0-9-1 says (basic.ack)."""

    unanswered: set[int]
    frames: int = 0
    acknowledged: set[int] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)
    """Tags that it did not know (any more); a broker closes the channel."""
    failure: BaseException | None = None
    goes_on: asyncio.Event | None = None
    """While it is not set, the line takes no more frames."""
    on_its_way: asyncio.Event = field(default_factory=asyncio.Event)

    async def basic_ack(self, tag: int, multiple: bool = False) -> None:
        """Take an ack, and be as strict as brokers are."""
        if self.failure:
            raise self.failure
        self.frames += 1
        if tag not in self.unanswered:
            self.refused.append(tag)
        acked = {it for it in self.unanswered if it <= tag} if multiple else {tag}
        self.unanswered -= acked
        self.acknowledged |= acked
        self.on_its_way.set()
        if self.goes_on:
            await self.goes_on.wait()

    def return_(self, tag: int) -> None:
        """Take a nack."""
        self.unanswered.remove(tag)


def deliveries(number: int) -> tuple[Broker, Acks]:
    """Give a channel on which so many are on their way."""
    broker = Broker(set(range(1, number + 1)))
    return broker, Acks(broker)  # type: ignore[arg-type]


async def test_a_batch_is_one_frame() -> None:
    broker, acks = deliveries(300)
    for batch in (range(1, 101), range(101, 301)):
        await asyncio.gather(*map(acks.ack, batch))
        assert broker.acknowledged == set(range(1, batch[-1] + 1))
    assert broker.frames == 2


async def test_nothing_is_acknowledged_of_which_nobody_has_said_so() -> None:
    broker, acks = deliveries(5)
    await asyncio.gather(*map(acks.ack, (1, 2, 4, 5)))
    assert broker.acknowledged == {1, 2, 4, 5}
    await acks.ack(3)
    assert broker.acknowledged == {1, 2, 3, 4, 5}


async def test_what_was_given_back_is_in_nobodys_way() -> None:
    broker, acks = deliveries(5)
    for tag in (2, 5):
        broker.return_(tag)
        acks.returned(tag)
    await asyncio.gather(*map(acks.ack, (1, 3, 4)))
    assert (broker.acknowledged, broker.frames) == ({1, 3, 4}, 1)


TAGS = range(1, 13)


@given(
    tags=st.permutations(TAGS),
    cuts=st.lists(st.integers(0, len(TAGS)), max_size=4),
    returned=st.sets(st.sampled_from(TAGS)),
    left_out=st.sets(st.sampled_from(TAGS), max_size=3),
)
async def test_in_whatever_order_exactly_the_acknowledged_are_acknowledged(
    tags: list[int], cuts: list[int], returned: set[int], left_out: set[int]
) -> None:
    broker, acks = deliveries(len(TAGS))
    expected: set[int] = set()
    for begin, end in pairwise([0, *sorted(cuts), len(TAGS)]):
        answered = [tag for tag in tags[begin:end] if tag not in left_out]
        for tag in returned.intersection(answered):
            broker.return_(tag)
            acks.returned(tag)
        done = [tag for tag in answered if tag not in returned]
        expected |= set(done)
        await asyncio.gather(*map(acks.ack, done))
        assert (broker.acknowledged, broker.refused) == (expected, [])


async def test_who_acknowledges_while_a_frame_is_on_its_way_is_not_forgotten() -> None:
    broker, acks = deliveries(3)
    broker.goes_on = asyncio.Event()
    first = asyncio.create_task(acks.ack(1))
    await broker.on_its_way.wait()
    second = asyncio.create_task(acks.ack(2))
    first.cancel()  # others wait for the same frame
    broker.goes_on.set()
    await second
    assert (broker.acknowledged, broker.refused) == ({1, 2}, [])


async def test_a_gap_that_is_closed_while_frames_are_on_their_way_acknowledges_nothing_twice() -> (
    None
):
    broker, acks = deliveries(5)
    broker.goes_on = asyncio.Event()
    beyond_the_gap = [asyncio.create_task(acks.ack(tag)) for tag in (2, 4)]
    await broker.on_its_way.wait()
    in_the_gap = [asyncio.create_task(acks.ack(tag)) for tag in (1, 3, 5)]
    for _ in range(5):
        await asyncio.sleep(0)  # a turn of the loop: whatever can be sent now is sent
    broker.goes_on.set()
    await asyncio.gather(*beyond_the_gap, *in_the_gap)
    assert (broker.acknowledged, broker.refused) == ({1, 2, 3, 4, 5}, [])


@pytest.mark.parametrize(
    "failure", [ConnectionError(), TimeoutError(), asyncio.CancelledError()], ids=repr
)
async def test_a_lost_frame_is_no_error_and_said_once(failure: BaseException) -> None:
    broker, acks = deliveries(200)
    broker.failure = failure
    with capture_logs() as logs:
        await asyncio.gather(*map(acks.ack, range(1, 201)))
    assert [(it["event"], it["deliveries"]) for it in logs] == [("acks_lost", 200)]
