"""Is every rule of every portal told in a sentence?"""

from api.console.rule_words import CREATIONS, DEACTIVATIONS, action, deactivation_in
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy, RemoveEmployee


def test_every_rule_has_a_sentence() -> None:
    assert {word for it in PORTALS.values() for word in it.creations} == set(CREATIONS)
    assert {word for it in PORTALS.values() for word in it.deactivations} == set(DEACTIVATIONS)


def test_a_policy_is_named_where_it_is_known() -> None:
    named = action(ChangePolicy(policy="Lost (2)"))
    assert "get the policy “Lost (2)”" in named
    assert deactivation_in("change-policy (Lost (2))") == named
    assert "get another policy" in deactivation_in("change-policy")


def test_a_rule_and_its_word_have_the_same_sentence() -> None:
    assert action(RemoveEmployee()) == deactivation_in("remove-employee")


def test_a_rule_of_another_version_is_told_as_it_is() -> None:
    assert deactivation_in("burn (all)") == "burn (all)."
