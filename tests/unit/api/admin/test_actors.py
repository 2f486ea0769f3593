"""What does an actor reach, and what may it do there?"""

import pytest

from api.admin.actors import COMMAND, Actor, Power
from api.errors import NotAllowed, UnknownWorkspace

OWNER = Actor("admin:1", "acme", Power.OWN)
VIEWER = Actor("admin:2", "acme", Power.VIEW)
AUDITOR = Actor("admin:3", None, Power.VIEW)


@pytest.mark.parametrize("power", Power)
def test_the_command_line_may_do_everything_everywhere(power: Power) -> None:
    COMMAND.check_workspace("acme", power)
    COMMAND.check_installation(power)


def test_another_workspace_is_unknown_rather_than_forbidden() -> None:
    for power in (Power.VIEW, Power.OPERATE):
        with pytest.raises(UnknownWorkspace, match="there is no workspace 'other'"):
            OWNER.check_workspace("other", power)


def test_an_actor_of_a_workspace_has_no_power_over_the_installation() -> None:
    with pytest.raises(NotAllowed, match="operate the installation"):
        OWNER.check_installation(Power.VIEW)


def test_a_viewer_changes_nothing() -> None:
    VIEWER.check_workspace("acme", Power.VIEW)
    AUDITOR.check_installation(Power.VIEW)
    for actor in (VIEWER, AUDITOR):
        with pytest.raises(NotAllowed, match="change a workspace"):
            actor.check_workspace("acme", Power.OWN)


def test_an_owner_operates_nothing() -> None:
    OWNER.check_workspace("acme", Power.OWN)
    with pytest.raises(NotAllowed):
        OWNER.check(Power.OPERATE)
