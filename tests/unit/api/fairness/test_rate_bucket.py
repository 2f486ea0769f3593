"""Does a bucket allow its rate and its burst, and no more, whatever the times of requests are?"""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fairness.rate_bucket import LONGEST_WAIT, Bucket, Rate, retry_after

RATES = st.builds(Rate, st.floats(25, 1_000), st.floats(200, 5_000))
PAUSES = st.lists(st.floats(0, 30), min_size=1, max_size=300)


@given(RATES, PAUSES, st.integers(1, 100))
def test_in_no_span_of_time_more_is_taken_than_burst_and_rate(
    rate: Rate, pauses: list[float], at_once: int
) -> None:
    bucket = Bucket(rate, rate.burst, 0)
    times = list(accumulate(pauses))
    taken = [sum(bucket.take(at) == 0 for _ in range(at_once)) for at in times]
    for first in range(0, len(times), 7):
        for last in range(first, len(times), 11):
            span = times[last] - times[first]
            allowed = rate.burst + rate.per_second * span
            assert sum(taken[first : last + 1]) <= allowed * (1 + 1e-9) + 1


@given(RATES, st.integers(2, 500))
def test_a_client_that_keeps_to_the_rate_is_never_refused(rate: Rate, requests: int) -> None:
    bucket = Bucket(rate, 1, 0)
    step = 1.000001 / rate.per_second
    assert all(bucket.take(number * step) == 0 for number in range(requests))


@given(RATES, st.integers(0, 100), st.floats(-5_000, 0.9))
def test_a_client_that_waits_as_it_is_told_is_not_refused_again(
    rate: Rate, at: int, left: float
) -> None:
    bucket = Bucket(rate, left, at)
    wait = bucket.take(at)
    assert wait > 0
    assert bucket.take(at + wait + 1e-6) == 0


@pytest.mark.parametrize(("wait", "told"), [(0.01, 1), (1, 1), (1.01, 2), (1e9, LONGEST_WAIT)])
def test_a_client_is_told_whole_seconds(wait: float, told: int) -> None:
    assert retry_after(wait) == told


def test_a_clock_that_stands_still_gives_nothing() -> None:
    bucket = Bucket(Rate(100, 200), 200, 5)
    assert sum(bucket.take(5) == 0 for _ in range(500)) == 200
    assert bucket.take(4) > 0
