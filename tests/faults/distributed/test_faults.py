"""Is nothing lost, doubled or made up, and no leaver late, whatever goes wrong?

Each fault happens under a steady load, beside the noise of another tenant.
"""

import asyncio

import pytest

from tests.faults.distributed.fault_table import FAULTS, happen
from tests.faults.distributed.site import Site

LIGHT, TIMES = 10, 2
"""Faults of more than this weight happen so often, the others once."""

MOMENT = 0.3
"""Seconds of load after a fault, before the next one or the judgement."""

TRIALS = 3
"""A fault of Muster makes leavers late every time; what else goes on at this machine does not."""


@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_is_lost_doubled_made_up_or_late(site: Site, name: str) -> None:
    site.note(name)
    site.drawn.seed(name)  # in whatever process, and after whichever rows
    for _ in range(TRIALS - 1):
        if not await late_leavers(site, name):
            return
    assert not await late_leavers(site, name)


async def late_leavers(site: Site, name: str) -> list[str]:
    """Let a fault happen; return who was late, where nothing else is wrong."""
    before = site.counts["acknowledged"]
    for _ in range(TIMES if FAULTS[name].weight > LIGHT else 1):
        await happen(site, name)
        await asyncio.sleep(MOMENT)
    await site.somebody_has_left()
    verdict = await site.judged()
    assert verdict.is_clean, str(verdict)
    assert site.counts["acknowledged"] > before
    return verdict.late
