"""Do command-line options mean the rules that they say, and is everything else one clear line?"""

import pytest

from api.admin.rules import (
    ON_CREATE,
    ON_DEACTIVATE,
    InvalidInput,
    RuleOptions,
    policy_of,
    portal_named,
    rules_from,
)
from contracts.rules import (
    ChangePolicy,
    CreateCollaborator,
    DashboardRules,
    MdmRules,
    Portal,
    RemoveCollaborator,
    Role,
    RoleLine,
)


@pytest.mark.parametrize("portal", Portal)
def test_every_value_of_a_portal_is_a_rule_of_it(portal: Portal) -> None:
    for on_create in ON_CREATE[portal]:
        for on_deactivate in ON_DEACTIVATE[portal]:
            policy = "Quarantine" if on_deactivate == "change-policy" else None
            rules = rules_from(portal, RuleOptions(on_create, on_deactivate, policy=policy))
            assert rules.portal is portal
            assert (rules.on_create.do, rules.on_deactivate.do) == (on_create, on_deactivate)


def test_a_dashboard_maps_names_to_roles() -> None:
    options = RuleOptions(
        "create-collaborator", "remove-collaborator", "editor", None, ["A=B=admin"]
    )
    assert rules_from(Portal.DASHBOARD, options) == DashboardRules(
        on_create=CreateCollaborator(role=Role.EDITOR),
        on_deactivate=RemoveCollaborator(),
        role_map=(RoleLine(name="A=B", role=Role.ADMIN),),
    )


def test_a_collaborator_without_a_role_is_a_viewer() -> None:
    rules = rules_from(Portal.DASHBOARD, RuleOptions("create-collaborator"))
    assert rules.on_create == CreateCollaborator(role=Role.VIEWER)


def test_the_named_policy_is_known_before_anything_is_made() -> None:
    assert policy_of(MdmRules(on_deactivate=ChangePolicy(policy="Q"))) == "Q"
    assert policy_of(DashboardRules()) is None


@pytest.mark.parametrize(
    ("portal", "options", "says"),
    [
        (Portal.STORE, RuleOptions("create-collaborator"), "nothing, create-employee"),
        (Portal.STORE, RuleOptions(on_deactivate="remove-user"), "nothing, remove-employee"),
        (Portal.DASHBOARD, RuleOptions(role="admin"), "--role goes with"),
        (Portal.DASHBOARD, RuleOptions("create-collaborator", role="owner"), "admin, editor"),
        (Portal.MDM, RuleOptions(on_deactivate="change-policy"), "needs --policy"),
        (Portal.MDM, RuleOptions(policy="Q"), "--policy goes with"),
        (Portal.STORE, RuleOptions(map_role=["A=admin"]), "--map-role goes with"),
        (Portal.DASHBOARD, RuleOptions(map_role=["admin"]), "NAME=ROLE"),
        (Portal.DASHBOARD, RuleOptions(map_role=["A=owner"]), "admin, editor"),
        (Portal.DASHBOARD, RuleOptions(map_role=["A=admin", "a=viewer"]), "twice"),
    ],
)
def test_what_cannot_be_is_one_line_that_says_what_can(
    portal: Portal, options: RuleOptions, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        rules_from(portal, options)
    assert "\n" not in str(caught.value)


def test_an_unknown_portal_is_answered_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="dashboard, store, mdm"):
        portal_named("intranet")
