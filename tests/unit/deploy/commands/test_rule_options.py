"""Do options make the choices that they say, and are mistakes told in the names of options?"""

import pytest

from api.admin.rule_choices import RoleChoice, RuleChoices
from api.admin.rules import rules_from
from api.errors import ApiError, NothingToChange, UnknownConnection, UnknownPolicy
from contracts.rules import Portal
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.rule_options import choices_of, message_for


def test_options_that_are_left_out_are_no_choices() -> None:
    assert choices_of() == RuleChoices()
    assert choices_of(map_role=[]) == RuleChoices()
    assert choices_of(no_map_role=True) == RuleChoices(role_map=[])


def test_a_line_of_the_mapping_is_split_at_the_last_sign() -> None:
    assert choices_of(map_role=["A=B=admin"]).role_map == [RoleChoice("A=B", "admin")]


def test_a_mapping_is_not_given_and_taken_away_at_once() -> None:
    with pytest.raises(InvalidInput, match=r"^--map-role and --no-map-role exclude each other$"):
        choices_of(map_role=["A=admin"], no_map_role=True)


@pytest.mark.parametrize(
    ("portal", "choices", "says"),
    [
        (
            Portal.STORE,
            choices_of("create-collaborator"),
            "--on-create is one of nothing, create-employee, not 'create-collaborator'",
        ),
        (
            Portal.STORE,
            choices_of(on_deactivate="remove-user"),
            "--on-deactivate is one of nothing, remove-employee, not 'remove-user'",
        ),
        (
            Portal.DASHBOARD,
            choices_of(role="admin"),
            "--role goes with --on-create create-collaborator",
        ),
        (
            Portal.DASHBOARD,
            choices_of("create-collaborator", role="owner"),
            "the role is one of admin, editor, viewer, not 'owner'",
        ),
        (
            Portal.MDM,
            choices_of(on_deactivate="change-policy"),
            "--on-deactivate change-policy needs --policy NAME",
        ),
        (Portal.MDM, choices_of(policy="Q"), "--policy goes with --on-deactivate change-policy"),
        (
            Portal.STORE,
            choices_of(map_role=["A=admin"]),
            "--map-role goes with the dashboard portal",
        ),
        (Portal.DASHBOARD, choices_of(map_role=["admin"]), "--map-role takes NAME=ROLE"),
        (Portal.DASHBOARD, choices_of(map_role=["=admin"]), "--map-role takes NAME=ROLE"),
        (
            Portal.DASHBOARD,
            choices_of(map_role=["A=admin", "a=viewer"]),
            "Value error, a name is mapped to a role twice",
        ),
    ],
)
def test_choices_that_make_no_rules_are_told_in_the_names_of_options(
    portal: Portal, choices: RuleChoices, says: str
) -> None:
    with pytest.raises(ApiError) as caught:
        rules_from(portal, choices)
    assert message_for(caught.value) == says


def test_other_errors_are_told_with_the_command_or_option_that_helps() -> None:
    assert message_for(NothingToChange()) == (
        "nothing to change: give at least one option (see --help)"
    )
    assert message_for(UnknownPolicy("acme", "Q")) == (
        "workspace 'acme' has no policy 'Q': muster policies add"
    )
    assert message_for(UnknownConnection("acme-mdm")) == "there is no connection 'acme-mdm'"
