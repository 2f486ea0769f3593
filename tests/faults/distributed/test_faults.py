"""Is nothing lost, doubled or made up, whatever goes wrong? Each fault under a steady load."""

import asyncio

import pytest

from tests.faults.distributed.fault_table import FAULTS
from tests.faults.distributed.site import Site

LIGHT, TIMES = 10, 2
"""Faults of more than this weight happen so often, the others once."""

MOMENT = 0.3
"""Seconds of load after a fault, before the next one or the judgement."""


@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_is_lost_doubled_or_made_up(site: Site, name: str) -> None:
    before = site.counts["acknowledged"]
    fault = FAULTS[name]
    for _ in range(TIMES if fault.weight > LIGHT else 1):
        await fault.happen(site)
        await asyncio.sleep(MOMENT)
    verdict = await site.judged()
    assert verdict.is_clean, verdict
    assert site.counts["acknowledged"] > before
