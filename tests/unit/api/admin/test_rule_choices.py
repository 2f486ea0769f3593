"""Do given choices take the place of a connection's own, and no more than they have to?"""

import pytest

from api.admin.rule_choices import (
    DescribedRules,
    RoleChoice,
    RuleChoices,
    choices_of,
    described,
    merged,
    policy_of,
)
from api.admin.rules import rules_from
from api.errors import NothingToChange
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    DashboardRules,
    MdmRules,
    Role,
    RoleLine,
    Rules,
    StoreRules,
)

DASHBOARD = DashboardRules(
    on_create=CreateCollaborator(role=Role.EDITOR),
    role_map=(RoleLine(name="A=B", role=Role.ADMIN), RoleLine(name="C", role=Role.VIEWER)),
)
MDM = MdmRules(on_deactivate=ChangePolicy(policy="Quarantine"))


@pytest.mark.parametrize("rules", [DASHBOARD, MDM, StoreRules()], ids=lambda it: it.portal)
def test_the_choices_of_rules_make_the_same_rules(rules: Rules) -> None:
    assert rules_from(rules.portal, choices_of(rules)) == rules


def test_a_role_stays_while_its_rule_does() -> None:
    kept = merged(DASHBOARD, RuleChoices(on_deactivate="remove-collaborator"))
    assert (kept.on_create, kept.role) == ("create-collaborator", "editor")
    gone = merged(DASHBOARD, RuleChoices(on_create="nothing"))
    assert (gone.on_create, gone.role) == ("nothing", None)
    assert merged(DASHBOARD, RuleChoices(role="viewer")).role == "viewer"


def test_a_policy_stays_while_its_rule_does() -> None:
    assert merged(MDM, RuleChoices(on_create="create-mdm-employee")).policy == "Quarantine"
    assert merged(MDM, RuleChoices(on_deactivate="remove-user")).policy is None


def test_a_mapping_of_roles_is_kept_replaced_or_taken_away_as_a_whole() -> None:
    line = RoleChoice("D", "editor")
    kept = merged(DASHBOARD, RuleChoices(role="viewer")).role_map
    assert kept == (RoleChoice("A=B", "admin"), RoleChoice("C", "viewer"))
    assert merged(DASHBOARD, RuleChoices(role_map=[line])).role_map == [line]
    assert merged(DASHBOARD, RuleChoices(role_map=[])).role_map == []


def test_a_change_without_a_choice_is_none() -> None:
    with pytest.raises(NothingToChange, match=r"^nothing to change$"):
        merged(DASHBOARD, RuleChoices())


def test_rules_are_described_in_a_line_each() -> None:
    assert described(DASHBOARD) == DescribedRules(
        "create-collaborator (editor)", "nothing", "A=B=admin, C=viewer"
    )
    assert described(MDM) == DescribedRules("nothing", "change-policy (Quarantine)", "")


def test_the_policy_that_rules_name_is_told() -> None:
    assert policy_of(MDM) == "Quarantine"
    assert policy_of(DASHBOARD) is None
