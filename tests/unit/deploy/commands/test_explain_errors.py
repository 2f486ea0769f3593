"""Is every error one line, told in the names of options, with the exit status that scripts know?"""

import pytest
from sqlalchemy.exc import DBAPIError

from api.admin.rule_choices import RuleChoices
from api.admin.rules import rules_from
from api.errors import ApiError, NewWorkspace, NothingToChange, UnknownConnection, UnknownPolicy
from contracts.rules import Portal
from deploy.commands.explain_errors import explained, message_for
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.rule_options import choices_of
from deploy.http.server import PortTaken
from worker.errors import UnknownWorkspace


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
        (Portal.DASHBOARD, choices_of(map_group=["admin"]), "--map-group takes ID=ROLE"),
        (
            Portal.STORE,
            choices_of(map_group=["2b1c=admin"]),
            "--map-group goes with the dashboard portal",
        ),
        (
            Portal.DASHBOARD,
            choices_of(map_group=["2b1c=admin", "2b1c=viewer"]),
            "Value error, a group is mapped to a role twice",
        ),
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
    assert message_for(NewWorkspace("acme")) == (
        "there is no workspace 'acme' (muster workspaces list): --new-workspace makes it"
    )
    assert message_for(UnknownConnection("acme-mdm")) == "there is no connection 'acme-mdm'"


@pytest.mark.parametrize(
    ("error", "message", "status"),
    [
        (UnknownConnection("acme-mdm"), "there is no connection 'acme-mdm'", 2),
        (UnknownWorkspace("acme"), "there is no workspace 'acme'", 2),
        (InvalidInput("--all stands alone"), "--all stands alone", 2),
        (PortTaken("cannot listen"), "cannot listen", 1),
        (OSError("of ada"), "a database or the network failed: OSError", 1),
        (
            DBAPIError("INSERT", {"email": "ada"}, ValueError("ada")),
            "a database or the network failed: ValueError",
            1,
        ),
        (KeyError("ada"), "an unexpected error: KeyError at ", 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_is_one_line_and_an_exit_status(
    error: Exception, message: str, status: int
) -> None:
    assert explained(error) == (message, status)
