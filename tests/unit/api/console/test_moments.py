"""Is every time told, however late it is, and as people count?"""

import pytest

from api.console.moments import exact, machine_readable, relative
from contracts.clock import LAST, microseconds_of


@pytest.mark.parametrize("later", [0, 1, 10**18])
def test_the_last_moment_is_told(later: int) -> None:
    micros = microseconds_of(LAST) + later
    assert exact(micros) == "9999-12-31 23:59:59 UTC"
    assert machine_readable(micros) == "9999-12-31T23:59:59Z"


NOW = 1_760_000_000_000_000
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (7 * DAY - 1, "in 7 days"),
        (7 * DAY - 3 * HOUR, "in 7 days"),
        (DAY - 2_000_000, "in 1 day"),
        (30 * DAY - MINUTE, "in 1 month"),
        (2 * HOUR + 10 * MINUTE, "in 2 hours"),
        (20_000_000, "in 20 seconds"),
        (2_000_000, "just now"),
        (-7 * DAY + MINUTE, "6 days ago"),
        (-90 * MINUTE, "1 hour ago"),
    ],
)
def test_a_time_to_come_is_rounded_and_one_that_has_passed_is_complete(
    left: int, told: str
) -> None:
    assert relative(NOW + left, NOW) == told
