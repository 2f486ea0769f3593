"""Do options make the choices that they say?"""

import pytest

from api.admin.rule_choices import GroupChoice, RoleChoice, RuleChoices
from deploy.commands.invalid_input import InvalidInput
from deploy.commands.rule_options import choices_of


def test_options_that_are_left_out_are_no_choices() -> None:
    assert choices_of() == RuleChoices()
    assert choices_of(map_role=[]) == RuleChoices()
    assert choices_of(no_map_role=True) == RuleChoices(role_map=[], group_map=[])


def test_a_line_of_the_mapping_is_split_at_the_last_sign() -> None:
    assert choices_of(map_role=["A=B=admin"]).role_map == [RoleChoice("A=B", "admin")]
    assert choices_of(map_group=["2b1c=admin"]).group_map == [GroupChoice("2b1c", "admin")]


def test_a_mapping_is_not_given_and_taken_away_at_once() -> None:
    with pytest.raises(InvalidInput, match=r"^--map-role and --no-map-role exclude each other$"):
        choices_of(map_role=["A=admin"], no_map_role=True)
