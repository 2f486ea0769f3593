"""Which time does an expiry mean that is written at the command line?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from contracts.clock import microseconds_of
from deploy.commands.expiry import FORMS, FORMS_OF_PAST, expiry_of, past_of
from deploy.commands.invalid_input import InvalidInput

NOW = microseconds_of(datetime(2026, 12, 31, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("90d", timedelta(days=90)),
        ("90", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("30m", timedelta(minutes=30)),
        ("5s", timedelta(seconds=5)),
    ],
)
def test_a_duration_begins_now(text: str, after: timedelta) -> None:
    assert expiry_of(text, NOW) == NOW + after // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-01-31", datetime(2027, 1, 31, tzinfo=UTC)),
        ("2027-01-31T18:00", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        ("2027-01-31T18:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
        (
            "2027-01-31T18:00+02:00",
            datetime(2027, 1, 31, 18, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_a_date_or_a_time_is_meant_in_utc_unless_it_has_a_zone(
    text: str, instant: datetime
) -> None:
    assert expiry_of(text, NOW) == microseconds_of(instant)


@pytest.mark.parametrize("text", ["", "soon", "-1d", "90 d", "2027-02-30", "9999999d", "1w", "٣d"])
def test_a_text_of_another_form_is_refused_with_the_forms_that_are_read(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        expiry_of(text, NOW)
    assert FORMS in str(refused.value)


def test_a_time_past_is_a_duration_ago_or_a_time() -> None:
    assert past_of("2h", NOW) == NOW - 2 * 3_600_000_000
    assert past_of("2026-12-30", NOW) == NOW - 36 * 3_600_000_000
    with pytest.raises(InvalidInput, match="--since takes") as refused:
        past_of("yesterday", NOW)
    assert FORMS_OF_PAST in str(refused.value)
