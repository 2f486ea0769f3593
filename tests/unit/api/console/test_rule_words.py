"""Is every rule of every portal told in a phrase?"""

from api.console.rule_words import CREATIONS, DEACTIVATIONS, action, deactivation
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy, RemoveEmployee


def test_every_rule_has_a_phrase() -> None:
    assert {word for it in PORTALS.values() for word in it.creations} == set(CREATIONS)
    assert {word for it in PORTALS.values() for word in it.deactivations} == set(DEACTIVATIONS)


def test_a_policy_is_named() -> None:
    assert "under the policy “Lost (2)”" in action(ChangePolicy(policy="Lost (2)"))
    assert action(RemoveEmployee()) == deactivation("remove-employee") == "remove the employee"
