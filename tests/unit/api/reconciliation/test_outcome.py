"""When is a reconciliation well? When it leaves nothing to be done."""

import pytest

from api.reconciliation.outcome import Outcome
from api.reconciliation.reconcile import Comparison
from api.reconciliation.verdicts import Finding, Verdict

STALE = Finding("acme-store", "ada", Verdict.STALE)
BEN, CLEO = (Finding("acme-store", name, Verdict.LEFT) for name in ("ben", "cleo"))


def compared(*findings: Finding) -> Comparison:
    comparison = Comparison()
    for finding in findings:
        comparison.add(finding)
    return comparison


@pytest.mark.parametrize(
    ("outcome", "is_well"),
    [
        (Outcome(compared(), []), True),
        (Outcome(compared(STALE), []), False),
        (Outcome(compared(STALE), [], marked=1), True),
        (Outcome(compared(BEN), [BEN], marked=0), False),
        (Outcome(compared(BEN), [BEN], marked=0, brought_back=1), True),
        (Outcome(compared(BEN, CLEO), [BEN], marked=0, brought_back=1), False),
    ],
    ids=["in step", "stale", "marked", "a leaver", "brought back", "one of two brought back"],
)
def test_what_is_marked_or_brought_back_is_on_its_way(outcome: Outcome, *, is_well: bool) -> None:
    assert outcome.is_well is is_well
