"""Does the judge see who is gone too late, and allow for faults no more than they need?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.distributed.leavers import Noted, Outage, due, late
from tests.faults.distributed.recoveries import LEASE, RETRIED, Happened, Recovery

ADA = ("acme-store", "ada-id")
PROMISE = 5.0


def left(at: float, version: int = 7) -> Noted:
    return Noted(ADA, version, at)


@pytest.mark.parametrize(
    ("applications", "said"),
    [
        ([left(104.9)], []),
        ([left(105.1)], ["was gone after 5.1 s, and had 5.0 s"]),
        ([], ["has left, and is not gone"]),
        ([left(101, version=6)], ["has left, and is not gone"]),
        ([left(101, version=9)], []),
        ([left(101), left(120, version=9)], []),
        ([Noted(("acme-store", "ben-id"), 7, 101)], ["has left, and is not gone"]),
    ],
    ids=["in time", "late", "never", "before", "with a later state", "and again", "another"],
)
def test_a_leaver_has_five_seconds(applications: list[Noted], said: list[str]) -> None:
    assert late([left(100)], applications, [], 1.0) == [f"{ADA}: {it}" for it in said]


def test_a_slow_machine_is_given_its_time() -> None:
    assert late([left(100)], [left(114)], [], 2.0)
    assert not late([left(100)], [left(114)], [], 3.0)


@pytest.mark.parametrize(
    ("outage", "until"),
    [
        (Outage(90, 99), 105),
        (Outage(90, 100), 105),
        (Outage(90, 130), 135),
        (Outage(102, 103), 108),
        (Outage(106, 130), 105),
    ],
    ids=["over before", "just over", "during", "soon after", "too late to matter"],
)
def test_an_outage_is_waited_out_by_those_whom_it_concerns(outage: Outage, until: float) -> None:
    assert due(100, [outage], PROMISE) == until


def test_outages_that_follow_each_other_are_one() -> None:
    assert due(100, [Outage(107, 110), Outage(95, 103), Outage(130, 140)], PROMISE) == 115


OUTAGES = st.lists(
    st.builds(
        lambda begun, lasted: Outage(begun, begun + lasted), st.floats(0, 100), st.floats(0, 20)
    )
)


@given(st.floats(0, 100), OUTAGES)
def test_no_leaver_has_less_than_the_promise_and_none_more_than_after_the_last_outage(
    at: float, outages: list[Outage]
) -> None:
    last = max((it.overcome for it in outages), default=at)
    assert at + PROMISE <= due(at, outages, PROMISE) <= max(at, last) + PROMISE


@given(st.floats(0, 100), OUTAGES, OUTAGES)
def test_a_further_outage_takes_no_time_from_anybody(
    at: float, outages: list[Outage], further: list[Outage]
) -> None:
    assert due(at, outages, PROMISE) <= due(at, [*outages, *further], PROMISE)


@pytest.mark.parametrize(
    ("recovery", "seconds"),
    [
        (Recovery(), 0),
        (Recovery(delay=5), 5),
        (Recovery(pause=15), 3),
        (Recovery(pause=2), 2),
        (Recovery(delay=5, pause=15), 5),
        (Recovery(pause=15, leases=True), 60),
    ],
)
def test_a_recovery_takes_what_is_planned_and_pauses_no_longer_than_the_fault_has_lasted(
    recovery: Recovery, seconds: float
) -> None:
    assert recovery.seconds(lasted=3) == seconds


@pytest.mark.parametrize(
    ("recovery", "lapsed", "overcome"),
    [(LEASE, 107, 107), (LEASE, 200, 163), (RETRIED, 107, 108), (RETRIED, 200, 108)],
)
def test_leases_end_when_they_are_let_lapse_and_matter_only_to_a_fault_that_leaves_some(
    recovery: Recovery, lapsed: float, overcome: float
) -> None:
    assert Happened(100, 103, recovery).outage(lapsed) == Outage(100, overcome)
