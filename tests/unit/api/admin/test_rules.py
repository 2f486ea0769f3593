"""Do an administrator's choices mean the rules that they say, and is everything else one line?"""

import pytest

from api.admin.named_values import portal_named
from api.admin.rule_choices import RoleChoice, RuleChoices
from api.admin.rules import rules_from
from api.errors import ApiError, NotOneOf, UnusableRules
from contracts.portals import PORTALS
from contracts.rules import (
    CreateCollaborator,
    DashboardRules,
    Portal,
    RemoveCollaborator,
    Role,
    RoleLine,
)

ADMINS = RoleChoice("A", "admin")


@pytest.mark.parametrize("portal", Portal)
def test_every_value_of_a_portal_is_a_rule_of_it(portal: Portal) -> None:
    for on_create in PORTALS[portal].creations:
        for on_deactivate in PORTALS[portal].deactivations:
            policy = "Quarantine" if on_deactivate == "change-policy" else None
            rules = rules_from(portal, RuleChoices(on_create, on_deactivate, policy=policy))
            assert rules.portal is portal
            assert (rules.on_create.do, rules.on_deactivate.do) == (on_create, on_deactivate)


def test_a_dashboard_maps_names_to_roles() -> None:
    choices = RuleChoices(
        "create-collaborator", "remove-collaborator", "editor", None, [RoleChoice("A=B", "Admin")]
    )
    assert rules_from(Portal.DASHBOARD, choices) == DashboardRules(
        on_create=CreateCollaborator(role=Role.EDITOR),
        on_deactivate=RemoveCollaborator(),
        role_map=(RoleLine(name="A=B", role=Role.ADMIN),),
    )


def test_a_collaborator_without_a_role_is_a_viewer() -> None:
    rules = rules_from(Portal.DASHBOARD, RuleChoices("create-collaborator"))
    assert rules.on_create == CreateCollaborator(role=Role.VIEWER)


@pytest.mark.parametrize(
    ("portal", "choices", "says"),
    [
        (
            Portal.STORE,
            RuleChoices("create-collaborator"),
            "on_create is one of nothing, create-employee, not 'create-collaborator'",
        ),
        (
            Portal.STORE,
            RuleChoices(on_deactivate="{remove}"),
            "on_deactivate is one of nothing, remove-employee, not '…'",
        ),
        (
            Portal.DASHBOARD,
            RuleChoices(role="admin"),
            "role goes with on_create create-collaborator",
        ),
        (
            Portal.DASHBOARD,
            RuleChoices("create-collaborator", role="Owner"),
            "the role is one of admin, editor, viewer, not 'owner'",
        ),
        (
            Portal.MDM,
            RuleChoices(on_deactivate="change-policy"),
            "on_deactivate change-policy needs a policy",
        ),
        (Portal.MDM, RuleChoices(policy="Q"), "policy goes with on_deactivate change-policy"),
        (
            Portal.STORE,
            RuleChoices(role_map=[ADMINS]),
            "role_map goes with the dashboard portal",
        ),
        (
            Portal.DASHBOARD,
            RuleChoices(role_map=[RoleChoice("", "admin")]),
            "role_map takes a name and a role in each line",
        ),
        (
            Portal.DASHBOARD,
            RuleChoices(role_map=[RoleChoice("A", "owner")]),
            "the role is one of admin, editor, viewer, not 'owner'",
        ),
        (
            Portal.DASHBOARD,
            RuleChoices(role_map=[ADMINS, RoleChoice("a", "viewer")]),
            "Value error, a name is mapped to a role twice",
        ),
    ],
)
def test_choices_that_make_no_rules_are_refused_in_the_names_of_the_fields(
    portal: Portal, choices: RuleChoices, says: str
) -> None:
    with pytest.raises(ApiError) as caught:
        rules_from(portal, choices)
    assert str(caught.value) == says


def test_an_unknown_portal_is_answered_with_those_there_are() -> None:
    assert portal_named("Store") is Portal.STORE
    with pytest.raises(
        NotOneOf, match=r"^the portal is one of dashboard, store, mdm, not 'intra'$"
    ):
        portal_named("Intra")


@pytest.mark.parametrize(
    ("portal", "choices", "field"),
    [
        (Portal.MDM, RuleChoices("create-employee"), "on_create"),
        (Portal.MDM, RuleChoices(on_deactivate="remove-employee"), "on_deactivate"),
        (Portal.MDM, RuleChoices(on_deactivate="change-policy"), "policy"),
        (Portal.MDM, RuleChoices(on_deactivate="remove-user", policy="Q"), "policy"),
        (Portal.STORE, RuleChoices("create-employee", role="admin"), "role"),
        (Portal.STORE, RuleChoices(role_map=[ADMINS]), "role_map"),
    ],
)
def test_the_choice_that_makes_no_rules_is_named(
    portal: Portal, choices: RuleChoices, field: str
) -> None:
    with pytest.raises(UnusableRules) as refused:
        rules_from(portal, choices)
    assert refused.value.field == field
