"""Does it hold for long? ``python -m tests.faults.soak``: faults at random, drawn from a seed.

Prints the seed, what happened, and the counts. The exit status is 1 where anything was lost,
duplicated or unexpected, or a leaver late; the same seed draws the same faults again.
"""

import argparse
import asyncio
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.drivers.installation import installation
from tests.faults.distributed.database_faults import FaultDidNotHappen
from tests.faults.distributed.fault_table import FAULTS, happen
from tests.faults.distributed.judge import Verdict
from tests.faults.distributed.site import Site, running_site
from tests.faults.distributed.strain import IN_A_SOAK
from tests.servers.services import ServiceSettings

BATCH = 25
"""Faults between two judgements."""

BREATH = (0.05, 0.4)
"""Seconds between two faults."""


@dataclass(slots=True)
class Soak:
    """One long run."""

    seed: int
    faults: int
    seconds: float
    happened: Counter[str] = field(default_factory=Counter)
    failed_to_happen: Counter[str] = field(default_factory=Counter)

    def draws(self) -> Sequence[str]:
        """Return the names of the faults in their order, which the seed alone decides."""
        drawn = random.Random(self.seed)  # noqa: S311  # choices, not secrets
        weights = [fault.weight for fault in FAULTS.values()]
        return drawn.choices(list(FAULTS), weights, k=self.faults)

    async def run(self, site: Site) -> Verdict:
        """Let faults happen and judge after each batch, until something is wrong or time is up.

        A late leaver does not end the run, because the machine may have been slow; the last
        verdict names every one of them.
        """
        deadline = time.monotonic() + self.seconds
        verdict = Verdict()
        late: list[str] = []
        for number, name in enumerate(self.draws(), 1):
            site.drawn.seed(f"{self.seed}/{number}")  # whatever the one before has drawn
            await self._happen(site, name)
            await asyncio.sleep(site.drawn.uniform(*BREATH))
            over = time.monotonic() > deadline
            if over or not number % BATCH or number == self.faults:
                verdict = await site.judged()
                late += verdict.late
                _say(f"{number} faults, {site.counts['acknowledged']} writes: {verdict.counts}")
                if over or not verdict.is_clean:
                    break
        return replace(verdict, late=late)

    async def _happen(self, site: Site, name: str) -> None:
        site.note(name)
        try:
            await happen(site, name)
        except (FaultDidNotHappen, TimeoutError) as reason:
            site.note("did not happen", fault=name, reason=str(reason))
            self.failed_to_happen[name] += 1
        else:
            self.happened[name] += 1


async def soak(run: Soak, folder: Path) -> bool:
    """Run on servers in containers; say whether all was as it should be."""
    began = time.monotonic()
    _say(f"Seed {run.seed}; the history is in {folder}")
    with installation(ServiceSettings(), folder, forked=True) as servers:
        await servers.command("migrate")
        await servers.command("topology", "apply")
        async with running_site(servers, folder, run.seed, IN_A_SOAK) as site:
            verdict = await run.run(site)
    _report(run, site, verdict, time.monotonic() - began)
    return verdict.is_well


def _report(run: Soak, site: Site, verdict: Verdict, seconds: float) -> None:
    for name in FAULTS:
        missed = run.failed_to_happen[name]
        _say(f"{run.happened[name]:6} {name}" + (f" ({missed} did not happen)" if missed else ""))
    acknowledged, unknown = site.counts["acknowledged"], site.counts["unknown"]
    _say(
        f"Seed {run.seed}: {run.happened.total()} faults in {seconds:.0f} s,"
        f" {acknowledged} writes acknowledged, {unknown} of unknown outcome"
    )
    for (part, status), times in sorted(Counter(site.fleet.exits()).items()):
        _say(f"{times:6} times {part} ended by itself with status {status}")
    _say(", ".join(f"{number} {what}" for what, number in verdict.counts.items()))
    for line in (*verdict.lost, *verdict.duplicated, *verdict.unexpected, *verdict.late):
        _say(f"  {line}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # what this command is for


def main() -> None:
    """Read the arguments, and run."""
    parser = argparse.ArgumentParser(description="Faults at random, under a steady load.")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311
    parser.add_argument("--faults", type=int, default=200, help="how many at most (200)")
    parser.add_argument("--seconds", type=float, default=600, help="how long at most (600)")
    parser.add_argument("--folder", type=Path, help="for the history (var/soak/SEED-TIME)")
    given = parser.parse_args()
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # a broker that starts is no news
    folder = given.folder or Path(f"var/soak/{given.seed}-{int(time.time())}")
    folder.mkdir(parents=True)
    clean = asyncio.run(soak(Soak(given.seed, given.faults, given.seconds), folder.absolute()))
    sys.exit(0 if clean else 1)


if __name__ == "__main__":
    main()
