"""Is a time the same in microseconds and as a date? Does one that cannot be right hide nothing?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.clock import (
    LARGEST_DIFFERENCE,
    LAST,
    instant_of,
    lies_ahead,
    microseconds_of,
    seconds_since,
)

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


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_loses_no_microsecond_on_its_way_to_a_number_and_back(instant: datetime) -> None:
    assert instant_of(microseconds_of(instant)) == instant


def test_a_time_in_the_year_10000_counts_as_the_last_one() -> None:
    late = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12)))
    assert instant_of(microseconds_of(late)) == LAST
