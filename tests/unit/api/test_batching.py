"""Do those who ask at once share a call, and does each get what was found for them?"""

import asyncio
from collections.abc import Sequence

import pytest

from api.batching import LARGEST_BATCH, Batcher


class Oracle:
    """Doubles numbers once it is let go on, and remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.goes_on = asyncio.Event()

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int | Exception]:
        self.calls.append(list(numbers))
        await self.goes_on.wait()
        if 13 in numbers:
            raise OSError
        return [ValueError("odd") if number % 2 else 2 * number for number in numbers]


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


async def test_who_asks_alone_is_answered_by_a_call_of_their_own(oracle: Oracle) -> None:
    oracle.goes_on.set()
    shared = Batcher(oracle)
    assert [await shared.submit(2), await shared.submit(4)] == [4, 8]
    assert oracle.calls == [[2], [4]]


async def test_who_asks_while_a_call_is_under_way_shares_the_next_one(oracle: Oracle) -> None:
    shared = Batcher(oracle)
    first = asyncio.ensure_future(shared.submit(2))
    while not oracle.calls:
        await asyncio.sleep(0)
    others = [asyncio.ensure_future(shared.submit(number)) for number in (4, 6)]
    await asyncio.sleep(0)
    oracle.goes_on.set()
    assert await asyncio.gather(first, *others) == [4, 8, 12]
    assert oracle.calls == [[2], [4, 6]]


async def test_an_error_of_one_is_raised_for_that_one_only(oracle: Oracle) -> None:
    oracle.goes_on.set()
    shared = Batcher(oracle)
    found = await asyncio.gather(*map(shared.submit, (2, 3, 4)), return_exceptions=True)
    assert (found[0], type(found[1]), found[2]) == (4, ValueError, 8)


async def test_an_error_of_the_call_is_raised_for_all_and_the_next_call_is_made(
    oracle: Oracle,
) -> None:
    oracle.goes_on.set()
    shared = Batcher(oracle)
    found = await asyncio.gather(*map(shared.submit, (13, 2)), return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]
    assert await shared.submit(2) == 4


async def test_who_is_cancelled_takes_nothing_from_the_others(oracle: Oracle) -> None:
    shared = Batcher(oracle)
    asking = [asyncio.ensure_future(shared.submit(number)) for number in (2, 4)]
    while not oracle.calls:
        await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    oracle.goes_on.set()
    assert await asking[1] == 8


async def test_a_call_takes_so_many_and_no_more(oracle: Oracle) -> None:
    oracle.goes_on.set()
    shared = Batcher(oracle)
    numbers = [2 * number for number in range(LARGEST_BATCH + 1)]
    assert await asyncio.gather(*map(shared.submit, numbers)) == [2 * number for number in numbers]
    assert [len(call) for call in oracle.calls] == [LARGEST_BATCH, 1]


async def test_after_a_call_of_many_the_next_one_waits_until_as_many_have_come(
    oracle: Oracle,
) -> None:
    shared = Batcher(oracle, gathers=True)
    asking = [asyncio.ensure_future(shared.submit(number)) for number in (2, 4)]
    while not oracle.calls:
        await asyncio.sleep(0)
    early = asyncio.ensure_future(shared.submit(6))
    await asyncio.sleep(0.2)  # the call takes so long, and half of it is waited for
    oracle.goes_on.set()
    await asyncio.gather(*asking)
    assert oracle.calls == [[2, 4]]
    assert [await shared.submit(8), await early] == [16, 12]
    assert oracle.calls == [[2, 4], [6, 8]]


async def test_if_nobody_else_comes_the_next_call_is_made_all_the_same(oracle: Oracle) -> None:
    oracle.goes_on.set()
    shared = Batcher(oracle, gathers=True)
    await asyncio.gather(*map(shared.submit, (2, 4)))
    assert await shared.submit(6) == 12
    assert oracle.calls == [[2, 4], [6]]
