"""What came of a reconciliation? All is compared, and as far as asked repaired and brought back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from api.directory.dialects import DirectoryDatabase
from api.errors import UnknownLeavers
from api.reconciliation.reconcile import Comparison, Reconciliation
from api.reconciliation.repair import bring_back, repair
from api.reconciliation.verdicts import Finding
from contracts.clock import Clock, now
from contracts.downstream.assertions import Assertions


@dataclass(frozen=True, slots=True)
class Outcome:
    """A comparison, and what was done about it, if anything was to be.

    ``candidates`` are the leavers who may be brought back: all of them, or those who were named.
    """

    comparison: Comparison
    candidates: Sequence[Finding]
    marked: int | None = None
    brought_back: int | None = None

    @property
    def is_well(self) -> bool:
        """Say whether nothing is left to be done; what was marked is on its way."""
        back = self.candidates if self.brought_back is not None else ()
        unmarked = self.comparison.findings and self.marked is None
        return not unmarked and len(back) == len(self.comparison.leavers)


async def reconcile(
    reconciliation: Reconciliation,
    assertions: Assertions,
    *,
    fix: bool = False,
    identities: Sequence[str] = (),
    clock: Clock = now,
) -> Outcome:
    """Compare everything; leavers are left alone, and may be brought back after a look at them.

    :param fix: whether everything else that disagrees is published again.
    :param identities: the only leavers who may be brought back, by their ids.
    :raises UnknownLeavers: when one of these identities is no leaver.
    """
    comparison = await reconciliation.compare(assertions)
    candidates = _named(comparison.leavers, identities)
    if not fix:
        return Outcome(comparison, candidates)
    marked = await repair(reconciliation.directory, comparison.findings, clock())
    return Outcome(comparison, candidates, marked)


async def bring_candidates_back(
    directory: DirectoryDatabase, outcome: Outcome, clock: Clock = now
) -> Outcome:
    """Publish the candidates as the directory shows them; return what has come of it all."""
    brought = await bring_back(directory, outcome.candidates, clock())
    return replace(outcome, brought_back=brought)


def _named(leavers: Sequence[Finding], identities: Sequence[str]) -> Sequence[Finding]:
    """Return the leavers that are named; where no identity is, all of them."""
    if others := set(identities) - {it.identity for it in leavers}:
        raise UnknownLeavers(others)
    return [it for it in leavers if not identities or it.identity in identities]
