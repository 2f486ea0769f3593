"""Is the choice of a deletion kept as it was made, and which rules hold at the end?"""

import pytest

from api.admin.delete_connection import rules_of_the_end
from api.directory.closing import Closing, People, Step, closing_in
from contracts.rules import (
    CreateMdmEmployee,
    CreateNothing,
    LeaveAlone,
    MdmRules,
    RemoveUserAndDevices,
)


@pytest.mark.parametrize("people", People)
@pytest.mark.parametrize("step", Step)
def test_a_choice_is_read_as_it_was_stored(people: People, step: Step) -> None:
    closing = Closing(people, step)
    assert closing_in(closing.stored) == closing


def test_nobody_is_created_at_the_end_and_those_who_are_kept_are_left_alone() -> None:
    rules = MdmRules(on_create=CreateMdmEmployee(), on_deactivate=RemoveUserAndDevices())
    assert rules_of_the_end(rules, People.DEACTIVATE) == MdmRules(
        on_create=CreateNothing(), on_deactivate=RemoveUserAndDevices()
    )
    assert rules_of_the_end(rules, People.KEEP) == MdmRules(
        on_create=CreateNothing(), on_deactivate=LeaveAlone()
    )
