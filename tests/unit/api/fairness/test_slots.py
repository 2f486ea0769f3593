"""Does every owner get its share of what is scarce, in turn, and no more?"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fairness.slots import FairSlots, NoSlot


def slots(total: int = 2, each: int = 1, reserved: int = 0, patience: float = 60) -> FairSlots:
    return FairSlots(total=total, per_owner=each, reserved=reserved, patience=patience)


async def settle() -> None:
    """Let everybody go as far as they can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """Owners that ask for slots; each holds what it got until it is told to let go."""

    def __init__(self, shared: FairSlots) -> None:
        self.shared = shared
        self.served: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.let_go: dict[int, asyncio.Event] = {}

    async def ask(self, owner: str, *, urgent: bool = False) -> int:
        number = len(self.tasks)
        self.let_go[number] = asyncio.Event()

        async def hold() -> None:
            async with self.shared.slot(owner, urgent=urgent):
                self.served.append(owner)
                await self.let_go[number].wait()

        self.tasks.append(asyncio.ensure_future(hold()))
        await settle()
        return number

    async def end(self, *numbers: int) -> None:
        for number in numbers:
            self.let_go[number].set()
        await settle()

    async def end_all(self) -> None:
        await self.end(*self.let_go)
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_an_owner_holds_no_more_than_its_share() -> None:
    crowd = Crowd(slots(total=5, each=2))
    for _ in range(4):
        await crowd.ask("noisy")
    assert crowd.served == ["noisy", "noisy"]
    await crowd.end(0)
    assert len(crowd.served) == 3
    await crowd.end_all()


async def test_owners_take_turns_whatever_each_of_them_asks_for() -> None:
    crowd = Crowd(slots(total=1))
    for owner in ("noisy", "noisy", "noisy", "quiet", "noisy", "other"):
        await crowd.ask(owner)
    for number in (0, 1, 3, 5, 2, 4):
        await crowd.end(number)
    assert crowd.served == ["noisy", "noisy", "quiet", "other", "noisy", "noisy"]
    await crowd.end_all()


async def test_what_is_urgent_has_slots_of_its_own() -> None:
    crowd = Crowd(slots(total=1, each=1, reserved=1))
    await crowd.ask("noisy")
    await crowd.ask("noisy")
    await crowd.ask("quiet", urgent=True)
    assert crowd.served == ["noisy", "quiet"]
    await crowd.end_all()


async def test_what_is_urgent_is_served_before_whoever_waits_longer() -> None:
    crowd = Crowd(slots(total=1, each=5))
    first = await crowd.ask("noisy")
    await crowd.ask("noisy")
    await crowd.ask("other")
    await crowd.ask("quiet", urgent=True)
    await crowd.end(first)
    assert crowd.served == ["noisy", "quiet"]
    await crowd.end_all()


async def test_nobody_waits_for_an_owner_that_has_its_share_already() -> None:
    crowd = Crowd(slots(total=2, each=1))
    await crowd.ask("noisy")
    await crowd.ask("noisy")
    await crowd.ask("quiet")
    assert crowd.served == ["noisy", "quiet"]
    await crowd.end_all()


async def test_an_owner_is_told_that_there_is_none_and_may_ask_again() -> None:
    shared = slots(total=1, patience=0.001)
    async with shared.slot("noisy"):
        with pytest.raises(NoSlot):
            await shared.take("quiet")
    async with shared.slot("quiet"):
        pass


@pytest.mark.parametrize("comes_first", ["the slot", "the end of the wait"])
async def test_a_slot_is_not_lost_with_who_stops_waiting_for_it(comes_first: str) -> None:
    crowd = Crowd(slots(total=1))
    first = await crowd.ask("noisy")
    await crowd.ask("gone")
    if comes_first == "the slot":
        crowd.let_go[first].set()
        await asyncio.sleep(0)  # the first one lets go in the same moment
    crowd.tasks[1].cancel()
    await crowd.end(first)
    await crowd.ask("quiet")
    assert crowd.served[-1] == "quiet"
    await crowd.end_all()


@given(st.data())
def test_slots_are_never_more_than_there_are_and_none_gets_lost(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 4), "total")
    each = data.draw(st.integers(1, 3), "each")
    reserved = data.draw(st.integers(0, 2), "reserved")
    asked = data.draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 3), st.booleans()),
            max_size=25,
        ),
        "who asks, urgently, holds how long, and gives up meanwhile",
    )

    async def play() -> None:
        shared = slots(total, each, reserved)
        held: Counter[tuple[str, bool]] = Counter()

        async def use(owner: str, urgent: bool, turns: int) -> None:
            async with shared.slot(owner, urgent=urgent):
                held[owner, urgent] += 1
                assert held.total() <= total + reserved
                assert sum(n for (_, is_urgent), n in held.items() if not is_urgent) <= total
                assert held[owner, urgent] <= each
                try:
                    for _ in range(turns):
                        await asyncio.sleep(0)
                finally:
                    held[owner, urgent] -= 1

        tasks = []
        for owner, urgent, turns, gives_up in asked:
            tasks.append(asyncio.ensure_future(use(owner, urgent, turns)))
            await asyncio.sleep(0)
            if gives_up:
                tasks[-1].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [it for it in results if isinstance(it, Exception)]
        async with AsyncExitStack() as all_of_them:  # they are all there again
            for number in range(total):
                await all_of_them.enter_async_context(shared.slot(f"owner {number}"))

    asyncio.run(play())
