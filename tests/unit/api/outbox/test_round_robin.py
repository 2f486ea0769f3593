"""Are the places of a batch shared fairly, whatever the workspaces have, and is nobody starved?"""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from api.outbox.round_robin import RoundRobin

BACKLOGS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 30), max_size=40
)
PLACES = st.integers(1, 60)


def one_batch(
    backlog: Mapping[str, int], places: int, after: str = ""
) -> tuple[dict[str, int], str]:
    """Return how many marks each workspace gives to a batch, and who was served last."""
    left, given_ = dict(backlog), dict.fromkeys(backlog, 0)
    round_robin = RoundRobin(list(backlog), places, after)
    while True:
        workspaces, share = round_robin.next()
        if not workspaces:
            return given_, round_robin.last_served
        now = {it: min(left[it], share) for it in workspaces}
        for workspace, count in now.items():
            left[workspace] -= count
            given_[workspace] += count
        round_robin.served(now)


@given(backlog=BACKLOGS, places=PLACES, after=st.text("abcdefgh", max_size=3))
def test_workspaces_that_have_more_left_have_as_many_places_within_one(
    backlog: Mapping[str, int], places: int, after: str
) -> None:
    batch, _ = one_batch(backlog, places, after)
    with_more = [count for workspace, count in batch.items() if count < backlog[workspace]]
    assert not with_more or max(with_more) - min(with_more) <= 1
    if with_more:
        # A workspace that has given all gave no more than those that have more.
        assert all(count <= min(with_more) + 1 for count in batch.values())


@given(backlog=BACKLOGS, places=PLACES)
def test_no_place_stays_empty_while_a_mark_waits(backlog: Mapping[str, int], places: int) -> None:
    batch, _ = one_batch(backlog, places)
    assert sum(batch.values()) == min(places, sum(backlog.values()))


@given(backlog=BACKLOGS, places=PLACES)
def test_everybody_is_served_within_one_round(backlog: Mapping[str, int], places: int) -> None:
    plenty = dict.fromkeys(backlog, 10000)
    after, served = "", set[str]()
    for _ in range(-(-len(plenty) // places)):
        batch, after = one_batch(plenty, places, after)
        served |= {workspace for workspace, count in batch.items() if count}
    assert served == set(plenty)


@given(backlog=BACKLOGS, places=PLACES)
def test_over_many_batches_nobody_gets_more_than_one_place_more(
    backlog: Mapping[str, int], places: int
) -> None:
    plenty, after = dict.fromkeys(backlog, 10000), ""
    total = dict.fromkeys(plenty, 0)
    for _ in range(7):
        batch, after = one_batch(plenty, places, after)
        for workspace, count in batch.items():
            total[workspace] += count
    assert not total or max(total.values()) - min(total.values()) <= 1


def test_a_lone_workspace_has_the_whole_batch() -> None:
    assert one_batch({"acme": 100_000}, 200) == ({"acme": 200}, "acme")


def test_a_workspace_with_few_marks_has_all_of_them_published() -> None:
    batch, _ = one_batch({"large": 100_000, "small": 3, "tiny": 1}, 200)
    assert batch == {"large": 196, "small": 3, "tiny": 1}


def test_a_workspace_whose_marks_another_relay_has_taken_gives_its_places_away() -> None:
    round_robin = RoundRobin(["acme", "other"], 10)
    assert round_robin.next() == (["acme", "other"], 5)
    round_robin.served({"other": 5})
    assert round_robin.next() == (["other"], 5)
