"""Which traces are sampled, and what does work say of its end?"""

import pytest

from contracts.tracing import UNTRACED, is_sampled, unsampled

IDS = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("traceparent", "is_kept"),
    [
        (f"00-{IDS}-01", True),
        (f"00-{IDS}-03", True),
        (f"00-{IDS}-00", False),
        (f"00-{IDS}-02", False),
        (f"01-{IDS}-01", False),
        (f"00-{IDS}-01x", False),
        ("00-zebedee-01", False),
        ("", False),
        (None, False),
    ],
)
def test_a_flag_of_the_traceparent_says_whether_a_trace_is_sampled(
    traceparent: str | None, is_kept: bool
) -> None:
    assert is_sampled(traceparent) is is_kept


def test_the_other_flags_stay_when_a_trace_is_not_sampled() -> None:
    assert unsampled(f"00-{IDS}-03") == f"00-{IDS}-02"
    assert unsampled(None) is None


def test_without_tracing_events_carry_what_the_client_has_sent() -> None:
    assert UNTRACED.begin_request(f"00-{IDS}-01").traceparent == f"00-{IDS}-01"
