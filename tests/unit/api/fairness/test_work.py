"""Is work done where it keeps nobody waiting, and never more of one owner than its share?"""

import asyncio
import threading
from collections.abc import Callable
from itertools import pairwise

import pytest

from api.fairness.slots import FairSlots, NoSlot
from api.fairness.work import LARGE_WORK, SMALL_WORK, WorkRunner


@pytest.fixture
def work() -> WorkRunner:
    threads = FairSlots(total=2, per_owner=1, patience=0.01)
    loop_slots = FairSlots(total=1, per_owner=1, patience=60)
    return WorkRunner(threads, loop_slots, 2)


@pytest.mark.parametrize(
    ("size", "is_here"), [(SMALL_WORK, True), (LARGE_WORK, True), (LARGE_WORK + 1, False)]
)
async def test_large_work_is_done_in_a_thread(work: WorkRunner, size: int, is_here: bool) -> None:
    thread = await work.run("acme", threading.get_ident, size)
    assert (thread == threading.get_ident()) is is_here


@pytest.mark.parametrize("size", [SMALL_WORK, LARGE_WORK, LARGE_WORK + 1])
async def test_what_work_raises_is_raised(work: WorkRunner, size: int) -> None:
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await work.run("acme", fail, size)
    assert await work.run("acme", lambda: 1, size) == 1


async def test_work_of_some_size_is_done_a_piece_in_each_round_of_the_loop(
    work: WorkRunner,
) -> None:
    done: list[str] = []

    def piece(name: str) -> Callable[[], None]:
        return lambda: done.append(name)

    tasks = [
        asyncio.ensure_future(work.run(name[0], piece(name), LARGE_WORK))
        for name in ("a1", "a2", "a3", "b1")
    ]
    rounds = []
    while len(done) < len(tasks):
        await asyncio.sleep(0)
        rounds.append(len(done))
    await asyncio.gather(*tasks)
    assert max(after - before for before, after in pairwise(rounds)) == 1
    assert done == ["a1", "a2", "b1", "a3"], "owners take turns"


async def test_an_owner_has_one_thread_until_its_work_ends(work: WorkRunner) -> None:
    goes_on = threading.Event()
    first = asyncio.ensure_future(work.run("noisy", goes_on.wait, LARGE_WORK + 1))
    await asyncio.sleep(0)
    first.cancel()  # its request is gone, and its work is not
    await asyncio.wait({first})
    with pytest.raises(NoSlot):
        await work.run("noisy", lambda: 1, LARGE_WORK + 1)
    assert await work.run("quiet", lambda: 2, LARGE_WORK + 1) == 2
    goes_on.set()
    while True:  # the thread gives its slot back in its own time
        try:
            assert await work.run("noisy", lambda: 1, LARGE_WORK + 1) == 1
        except NoSlot:
            continue
        return
