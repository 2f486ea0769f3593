"""Whom do changed rules reach, and which changes are refused before anything happens?"""

import pytest

from api.admin.actors import COMMAND
from api.admin.change_rules import ChangedRules, change_rules, replace_rules
from api.admin.connections import find_connection
from api.admin.rule_choices import RuleChoices
from api.errors import (
    ApiError,
    NothingToChange,
    RulesOfAnotherPortal,
    UnknownConnection,
    UnknownPolicy,
    UnusableRules,
)
from contracts.downstream.sync_states import SyncState
from contracts.rules import CreateMdmEmployee, MdmRules, RemoveEmployee, Rules, StoreRules
from tests.drivers.administration import States, administration_on
from tests.drivers.in_process import RULES, Ingress, ingress_on

NOW = 1_700_000_000_000_000
BEYOND = 4_000_000_000_000_000


async def changed(
    ingress: Ingress, given: RuleChoices, states: States | None = None
) -> ChangedRules:
    it = administration_on(ingress.database, states=states)
    return await change_rules(it, COMMAND, ingress.connection, given)


async def rules_of(ingress: Ingress) -> Rules:
    async with ingress.database.read() as db:
        return (await find_connection(db, ingress.connection)).rules


async def test_given_rules_change_and_reach_everybody(ingress: Ingress) -> None:
    users = {await ingress.user("ada"), await ingress.user("ben")}
    await ingress.settle()
    done = await changed(ingress, RuleChoices(on_create="nothing"))
    assert done.rules == StoreRules(on_deactivate=RemoveEmployee())
    assert (done.marked, done.left_alone) == (2, [])
    assert await ingress.marked() == users
    assert await rules_of(ingress) == done.rules


async def test_leavers_unknown_to_the_directory_are_left_alone(ingress: Ingress) -> None:
    ada, ben = await ingress.user("ada"), await ingress.user("ben")
    await ingress.settle()
    states = States({ada: SyncState(applied_version=BEYOND, deactivated_at=BEYOND)})
    done = await changed(ingress, RuleChoices(on_create="nothing"), states)
    assert (done.marked, [it.identity for it in done.left_alone]) == (1, [ada])
    assert await ingress.marked() == {ben}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (RuleChoices(), NothingToChange),
        (RuleChoices(on_create="create-mdm-employee"), UnusableRules),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(
    ingress: Ingress, given: RuleChoices, error: type[ApiError]
) -> None:
    await ingress.user("ada")
    await ingress.settle()
    with pytest.raises(error):
        await changed(ingress, given)
    assert await ingress.marked() == set()
    assert await rules_of(ingress) == RULES


async def test_a_policy_has_to_be_there(ingress: Ingress) -> None:
    given = RuleChoices(on_deactivate="change-policy", policy="Quarantine")
    async with ingress_on(ingress.database, MdmRules()) as mdm:
        with pytest.raises(UnknownPolicy, match="has no policy 'Quarantine'"):
            await changed(mdm, given)


async def test_rules_of_another_portal_are_refused(ingress: Ingress) -> None:
    rules = MdmRules(on_create=CreateMdmEmployee())
    with pytest.raises(RulesOfAnotherPortal, match="store"):
        await replace_rules(ingress.database, ingress.connection, rules, NOW)


async def test_an_unknown_connection_is_named(ingress: Ingress) -> None:
    with pytest.raises(UnknownConnection, match="'none'"):
        await replace_rules(ingress.database, "none", RULES, NOW)
    with pytest.raises(UnknownConnection, match="'none'"):
        await change_rules(administration_on(ingress.database), COMMAND, "none", RuleChoices())
