"""Do the rows about states see what may not happen between a kill and the judgement? By hand."""

from typing import Any

import pytest

from tests.faults.distributed.state_faults import (
    THRESHOLD,
    applied_since,
    brake_broken,
    deletion_broken,
    removed_people,
    versions,
)
from tests.readings.stored import Stored

PAUSED = "acme-store"
LEFT = [f"person-{number}" for number in range(THRESHOLD + 2)]
GONE, HELD = LEFT[:THRESHOLD], LEFT[THRESHOLD:]


def stored(**people: dict[str, Any]) -> Stored:
    """Return what is stored of people, each with an account of their own."""
    return Stored(
        identities={},
        records={
            (PAUSED, name): {"applied_version": it.get("applied", 0), "account_id": name}
            for name, it in people.items()
        },
        accounts={name: {"removed": it.get("removed", False)} for name, it in people.items()},
        devices=[],
        ledger=[],
        refusals=[],
        failures=[],
    )


def test_what_is_applied_is_compared_with_the_versions_from_before_the_pause() -> None:
    seen = stored(ada={"applied": 7}, ben={"applied": 8}, cyd={"applied": 1}, dan={"applied": 0})
    known = {(PAUSED, "ada"): 7, (PAUSED, "ben"): 7}
    assert applied_since(seen, PAUSED, known) == [(PAUSED, "ben"), (PAUSED, "cyd")]
    assert applied_since(seen, "acme-mdm", {}) == []


def test_people_whom_the_directory_has_forgotten_were_applied_before_the_pause() -> None:
    seen = stored(ada={"applied": 7}, ben={"applied": 6}, cyd={"applied": 4})
    seen.identities[(PAUSED, "ben")] = {"version": 8}
    seen.identities[(PAUSED, "cyd")] = {"version": 3}
    seen.identities[("acme-mdm", "dan")] = {"version": 5}
    known = versions(seen, PAUSED)
    assert known == {(PAUSED, "ada"): 7, (PAUSED, "ben"): 8, (PAUSED, "cyd"): 4}
    assert applied_since(seen, PAUSED, known) == []


def test_removed_people_are_those_whose_accounts_are() -> None:
    seen = stored(ada={"removed": True}, ben={})
    assert removed_people(seen, PAUSED) == {"ada"}
    assert removed_people(seen, "acme-mdm") == set()


@pytest.mark.parametrize("left", [1, THRESHOLD, THRESHOLD + 2])
def test_a_brake_lets_the_first_ones_go_and_holds_the_others(left: int) -> None:
    assert not brake_broken(LEFT[:left], GONE[:left], LEFT[THRESHOLD:left])


@pytest.mark.parametrize(
    ("gone", "held"),
    [
        pytest.param(GONE[1:], [*HELD, GONE[0]], id="one too few"),
        pytest.param([*GONE, HELD[0]], HELD[1:], id="one too many"),
        pytest.param(GONE, HELD[1:], id="one neither gone nor held"),
        pytest.param(GONE, [*HELD, GONE[0]], id="one gone and held"),
    ],
)
def test_a_brake_is_broken_by_one_person(gone: list[str], held: list[str]) -> None:
    assert brake_broken(LEFT, gone, held)


def test_a_deletion_removes_everybody_and_ends_once() -> None:
    assert not deletion_broken([True, True], 2, ["begun", "done"])


@pytest.mark.parametrize(
    ("removed", "outcomes"),
    [
        pytest.param([True, False], ["begun", "done"], id="one is there"),
        pytest.param([True], ["begun", "done"], id="one never had an account"),
        pytest.param([True, True, True], ["begun", "done"], id="one had two accounts"),
        pytest.param([True, True], ["begun"], id="no end of it"),
        pytest.param([True, True], ["begun", "done", "done"], id="two ends of it"),
    ],
)
def test_a_deletion_is_broken_by_one_account_or_one_entry(
    removed: list[bool], outcomes: list[str]
) -> None:
    assert deletion_broken(removed, 2, outcomes)
