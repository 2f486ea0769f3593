"""What becomes of people whose connection is paused, and of those who are on their way?"""

import pytest

from api.directory.connection_states import Verb
from api.reconciliation.status import report
from api.reconciliation.verdicts import Verdict
from contracts.clock import now
from tests.drivers.administration import stand
from tests.drivers.both_sides import Installation

LEAVE = {"op": "replace", "path": "active", "value": False}


async def live_accounts(installation: Installation) -> set[str | None]:
    return {it.email for it in await installation.accounts() if not it.removed}


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.OBSERVE])
async def test_a_leaver_keeps_the_account_until_the_connection_is_live_again(
    installation: Installation, verb: Verb
) -> None:
    ingress = installation.ingress
    ada = await ingress.user("ada@acme.test")
    await installation.deliver()
    await stand(ingress.database, ingress.connection, verb)
    await ingress.patch(f"/Users/{ada}", LEAVE)
    await ingress.user("ben@acme.test")
    await installation.deliver()
    assert await live_accounts(installation) == {"ada@acme.test"}
    told = await report(ingress.database, installation.states, now())
    assert (told.held, told.pending, told.applied) == (2, 0, 0)
    comparison = await installation.compare()
    assert comparison.counts[Verdict.HELD] == 2
    assert (comparison.findings, comparison.leavers) == ([], [])
    await stand(ingress.database, ingress.connection, Verb.RESUME)
    await installation.deliver()
    assert await live_accounts(installation) == {"ben@acme.test"}
    told = await report(ingress.database, installation.states, now())
    assert (told.held, told.pending, told.applied) == (0, 0, 2)
