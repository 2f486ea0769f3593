"""Does the judge see what a neighbour suffers, and nothing that is a machine's?"""

from dataclasses import replace

import pytest

from tests.neighbours.judgement import MOST_MIB, USUAL, Served, complaints

WELL_SERVED = Served(
    look_ups=[0.02] * 150,
    liveness=[0.01] * 30,
    leavings=[0.1] * 5,
    applied=[0.4] * 5,
    wrong=[],
)


def test_a_well_served_neighbour_has_no_complaint() -> None:
    assert not complaints(WELL_SERVED, 1.0, 200)


@pytest.mark.parametrize(
    ("badly_served", "complaint"),
    [
        (replace(WELL_SERVED, look_ups=[0.02] * 148 + [0.3] * 3), "3 of 151 look-ups"),
        (replace(WELL_SERVED, liveness=[0.01] * 30 + [0.2] * 2), "2 of 32 looks at /livez"),
        (replace(WELL_SERVED, leavings=[0.1, 1.2]), "1 of 2 deactivations answered"),
        (replace(WELL_SERVED, applied=[0.4, 5.1]), "1 of 2 deactivations applied"),
        (replace(WELL_SERVED, leavings=[]), "no deactivations answered at all"),
        (replace(WELL_SERVED, wrong=["503"]), "answered 503"),
    ],
)
def test_a_badly_served_neighbour_complains(badly_served: Served, complaint: str) -> None:
    [said] = complaints(badly_served, 1.0, 200)
    assert said.startswith(complaint)


def test_memory_is_complained_of_at_any_pace() -> None:
    assert complaints(WELL_SERVED, 10.0, MOST_MIB) == [f"{MOST_MIB} MiB of memory"]


def test_one_pause_of_the_system_is_no_complaint() -> None:
    assert not complaints(replace(WELL_SERVED, look_ups=[0.02] * 20 + [2.0]), 1.0, 200)


def test_a_slow_machine_is_given_its_time() -> None:
    alone = replace(WELL_SERVED, look_ups=[3 * USUAL] * 50)
    late = replace(WELL_SERVED, look_ups=[0.02] * 100 + [0.7] * 5)

    assert not complaints(late, alone.pace(), 200)
    assert complaints(late, 1.0, 200)
