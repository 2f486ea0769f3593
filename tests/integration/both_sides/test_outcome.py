"""What does a reconciliation do about what it finds, and whom does it leave to a decision?"""

from collections.abc import Sequence

import pytest

from api.errors import UnknownLeavers
from api.reconciliation.leavers import settled_reconciliation
from api.reconciliation.outcome import Outcome, bring_candidates_back, reconcile
from tests.drivers.both_sides import Installation
from tests.integration.both_sides.test_leavers import lose_a_leaver
from worker.drift import PlannedAssertions


async def reconciled(
    installation: Installation, *, fix: bool, identities: Sequence[str] = ()
) -> Outcome:
    directory = installation.ingress.database
    return await reconcile(
        settled_reconciliation(directory, installation.states),
        PlannedAssertions(installation.downstream),
        fix=fix,
        identities=identities,
    )


async def test_a_comparison_alone_changes_nothing(installation: Installation) -> None:
    await installation.ingress.user("ada")
    await installation.deliver(lost=True)
    outcome = await reconciled(installation, fix=False)
    assert [it.verdict for it in outcome.comparison.findings] == ["missing"]
    assert (outcome.marked, outcome.is_well) == (None, False)
    assert await installation.ingress.marked() == set()


async def test_a_fix_leaves_leavers_to_a_decision(installation: Installation) -> None:
    ada = await lose_a_leaver(installation)
    outcome = await reconciled(installation, fix=True)
    assert [it.identity for it in outcome.candidates] == [ada]
    assert (outcome.marked, outcome.is_well) == (0, False)
    decided = await bring_candidates_back(installation.ingress.database, outcome)
    assert (decided.brought_back, decided.is_well) == (1, True)
    assert await installation.ingress.marked() == {ada}


async def test_only_leavers_are_named(installation: Installation) -> None:
    ada = await lose_a_leaver(installation)
    cleo = await installation.ingress.user("cleo@acme.test")
    named = await reconciled(installation, fix=True, identities=[ada])
    assert [it.identity for it in named.candidates] == [ada]
    with pytest.raises(UnknownLeavers, match=cleo):
        await reconciled(installation, fix=True, identities=[ada, cleo])
