"""Does memory go back to the system that is free, but lies between used blocks?"""

import ctypes

import pytest
from tenacity import Retrying, stop_after_delay, wait_fixed

from deploy.processes.free_memory import LOOKS, giving_memory_back, held_mib, is_worth_it

BLOCKS, BYTES, KEPT = 50_000, 2_000, 1_000

on_gnu_linux = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no C library of GNU/Linux"
)


@on_gnu_linux
def test_free_memory_between_used_blocks_goes_back() -> None:
    blocks = [b"x" * BYTES + bytes(str(at), "ascii") for at in range(BLOCKS)]
    kept = blocks[::KEPT]
    full = held_mib()
    del blocks

    with giving_memory_back(every=0.02):
        for attempt in Retrying(stop=stop_after_delay(30), wait=wait_fixed(0.02), reraise=True):
            with attempt:
                assert held_mib() < full - 50
    assert len(kept) == BLOCKS // KEPT


def test_memory_is_returned_after_growth_once_more_and_then_now_and_then() -> None:
    returned = [looks for looks in range(2 * LOOKS + 1) if is_worth_it(looks)]
    assert returned == [0, 1, LOOKS, 2 * LOOKS]
