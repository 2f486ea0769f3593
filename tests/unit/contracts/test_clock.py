"""Does a time that cannot be right hide nothing?"""

import pytest

from contracts.clock import LARGEST_DIFFERENCE, lies_ahead, seconds_since

NOW = 1_700_000_000_000_000
DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        (NOW - 2_500_000, 2.5),
        (NOW, 0),
        (NOW + LARGEST_DIFFERENCE, 0),
        (NOW + DAY, 86_400),
    ],
)
def test_a_time_is_as_long_ago_as_it_says_or_as_far_off_as_it_is_wrong(
    moment: int, seconds: float
) -> None:
    assert seconds_since(moment, NOW) == seconds


def test_only_what_clocks_cannot_differ_by_lies_ahead() -> None:
    assert not lies_ahead(NOW + LARGEST_DIFFERENCE, NOW)
    assert lies_ahead(NOW + LARGEST_DIFFERENCE + 1, NOW)
