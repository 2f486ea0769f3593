"""What came of a reconciliation? The outcome holds findings, repairs and leavers brought back."""

from collections.abc import Callable, Sequence
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
    """A comparison, with the numbers of repaired identities and of people brought back.

    ``candidates`` are the leavers who may be brought back: all of them, or those who were named.
    ``marked`` and ``brought_back`` are None where the operator did not ask for it.
    """

    comparison: Comparison
    candidates: Sequence[Finding]
    marked: int | None = None
    brought_back: int | None = None

    @property
    def is_well(self) -> bool:
        """Return whether no finding or leaver is left; marked identities are on their way."""
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
    told: Callable[[int], None] = lambda _compared: None,
) -> Outcome:
    """Compare all identities, and repair the findings if asked; leavers are left alone.

    :param fix: whether the findings are published again.
    :param identities: the ids of the only leavers who may be brought back; an empty collection
        means all.
    :param told: is told again and again how many identities have been compared.
    :raises UnknownLeavers: when one of these identities is no unknown leaver.
    """
    comparison = await reconciliation.compare(assertions, told)
    candidates = _named(comparison.leavers, identities)
    if not fix:
        return Outcome(comparison, candidates)
    marked = await repair(reconciliation.directory, comparison.findings, clock())
    return Outcome(comparison, candidates, marked)


async def bring_candidates_back(
    directory: DirectoryDatabase, outcome: Outcome, clock: Clock = now
) -> Outcome:
    """Publish the candidates as the directory shows them; return the outcome with their number."""
    brought = await bring_back(directory, outcome.candidates, clock())
    return replace(outcome, brought_back=brought)


def _named(leavers: Sequence[Finding], identities: Sequence[str]) -> Sequence[Finding]:
    """Return the leavers with the given ids, or all of them where no id is given."""
    if others := set(identities) - {it.identity for it in leavers}:
        raise UnknownLeavers(others)
    return [it for it in leavers if not identities or it.identity in identities]
