"""How many may leave within an hour, and which texts say so?"""

import pytest

from api.directory.brake_limits import OFF, STANDARD, BrakeLimit, limit_in
from api.errors import UnusableBrake


@pytest.mark.parametrize(
    ("brake", "people", "threshold"),
    [
        (STANDARD, 0, 50),
        (STANDARD, 500, 50),
        (STANDARD, 509, 50),
        (STANDARD, 510, 51),
        (STANDARD, 100_000, 10_000),
        ("0:100", 7, 7),
        ("3:0", 1_000, 3),
        ("0:0", 1_000, 0),
    ],
)
def test_the_larger_of_the_number_and_the_share_may_leave(
    brake: str, people: int, threshold: int
) -> None:
    limit = limit_in(brake)
    assert limit is not None
    assert limit.threshold(people) == threshold


@pytest.mark.parametrize("losses", range(1, 40))
@pytest.mark.parametrize("share", [1, 7, 10, 33, 50, 99, 100])
def test_no_fewer_people_let_so_many_pass(share: int, losses: int) -> None:
    limit = BrakeLimit(0, share)
    people = limit.people_for(losses)
    assert limit.threshold(people) >= losses
    assert limit.threshold(people - 1) < losses


def test_a_brake_that_is_off_has_no_limit() -> None:
    assert limit_in(OFF) is None
    assert BrakeLimit(3, 0).people_for(10) == 0


@pytest.mark.parametrize(
    "text", ["", "on", "Off", "50", "50:", ":10", "50:101", "50:-1", "-1:10", "5.5:10", "50:10%"]
)
def test_any_other_text_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UnusableBrake, match="50:10"):
        limit_in(text)
