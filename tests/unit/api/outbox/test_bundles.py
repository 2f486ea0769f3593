"""Which events travel together? Those of one workspace, up to the bounds, and none is left out."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from api.directory.identity_changes import IdentityState
from api.outbox.bundles import Shipment, outcomes_of, shipments
from api.outbox.leasing import Mark
from api.outbox.parcels import Packed
from contracts.identities_changed import is_bundle, join
from contracts.identity_changed import Profile, Trace
from contracts.topology import Lane
from contracts.transport import Apart, Confirmed, EventOutcome, Rejected, RetryAfter

STATE = IdentityState(
    version=1, active=True, ever_active=True, profile=Profile(user_name="ada"), role_names=()
)
MOST, LARGEST = 4, 40


def an_event(workspace: str, size: int = 5, attempts: int = 0, identity: str = "ada") -> Packed:
    """Return an encoded event of so many bytes."""
    mark = Mark("okta", identity, STATE, 1, attempts, Trace(correlation_id="c"))
    return Packed(mark, workspace, f"okta/{identity}/1", b"x" * size, size)


EVENTS = st.lists(
    st.builds(
        an_event, st.sampled_from("abc"), st.integers(1, 2 * LARGEST), st.sampled_from([0, 0, 0, 1])
    ),
    max_size=30,
)


@given(EVENTS)
def test_every_event_is_in_one_parcel_and_no_parcel_breaks_a_bound(events: list[Packed]) -> None:
    made = shipments(events, MOST, LARGEST)
    assert sorted(map(id, events)) == sorted(id(it) for each in made for it in each.events)
    for each in made:
        parcel = each.parcel(Lane.BULK)
        assert parcel.events == len(each.events) <= MOST
        if parcel.is_bundle:
            assert len(parcel.body) == each.size <= LARGEST
            assert len({it.workspace for it in each.events}) == 1
            assert {it.mark.attempts for it in each.events} == {0}


@given(EVENTS)
def test_events_of_a_workspace_keep_their_order(events: list[Packed]) -> None:
    fresh = [replace(it, mark=replace(it.mark, attempts=0)) for it in events]
    made = shipments(fresh, MOST, LARGEST)
    for workspace in "abc":
        sent = [it for each in made for it in each.events if it.workspace == workspace]
        assert list(map(id, sent)) == [id(it) for it in fresh if it.workspace == workspace]


@given(EVENTS)
def test_where_nobody_reads_bundles_each_event_travels_alone(events: list[Packed]) -> None:
    assert [each.events for each in shipments(events, 1, LARGEST)] == [[it] for it in events]


def test_a_bundle_is_full_before_another_is_begun() -> None:
    made = shipments([an_event("a"), an_event("b")] * 6, MOST, LARGEST)
    assert [len(each.events) for each in made] == [4, 4, 2, 2]


def test_a_lone_event_is_no_bundle() -> None:
    [shipment] = shipments([an_event("a", attempts=2)], MOST, LARGEST)
    parcel = shipment.parcel(Lane.URGENT)
    assert (parcel.body, parcel.attempts, parcel.is_bundle) == (b"xxxxx", 2, False)


def test_a_bundle_is_the_array_of_its_events() -> None:
    [shipment] = shipments([an_event("a"), an_event("a", 3)], MOST, LARGEST)
    parcel = shipment.parcel(Lane.BULK)
    assert (parcel.body, parcel.events) == (join([b"xxxxx", b"xxx"]), 2)
    assert is_bundle(parcel.body)


def test_an_outcome_is_that_of_every_event_unless_the_worker_has_told_them_apart() -> None:
    shipment = Shipment([an_event("a"), an_event("a")])
    assert outcomes_of(shipment, Confirmed()) == [Confirmed(), Confirmed()]
    apart: list[EventOutcome] = [RetryAfter(5), Rejected("?")]
    assert outcomes_of(shipment, Apart(apart)) == apart
