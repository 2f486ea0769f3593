"""How does an identity stand, as its versions in directory and downstream say?"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.directory.identity_listing import IdentityVersion
from api.reconciliation.verdicts import (
    LOST_VERDICTS,
    SETTLED_VERDICTS,
    Moment,
    Verdict,
    finding_of,
    judge,
)
from contracts.clock import LARGEST_DIFFERENCE
from contracts.downstream.sync_states import Failure, Refusal, SyncState

NOW = 150
MOMENT = Moment(now=NOW, settled_before=100)
TOMORROW = NOW + LARGEST_DIFFERENCE + 1


def identity(
    *, version: int = 5, dirty: bool = False, published_at: int = 50, deactivated_at: int = 0
) -> IdentityVersion:
    return IdentityVersion(
        *("acme-mdm", "8f0c", version, False, dirty, 40, published_at),
        active=True,
        deactivated_at=deactivated_at,
    )


def inactive(*, version: int = 5, deactivated_at: int = 5) -> IdentityVersion:
    return replace(identity(version=version, deactivated_at=deactivated_at), active=False)


def applied(version: int, *, deactivated_at: int = 0) -> SyncState:
    return SyncState(applied_version=version, deactivated_at=deactivated_at)


def failed(version: int, applied_version: int = 0) -> SyncState:
    failure = Failure("exhausted", "DBAPIError 40001", attempts=5, version=version)
    return SyncState(applied_version, failure=failure)


TOO_LARGE = Failure("unpublishable", "the event is too large", attempts=1, version=5)

REFUSED = SyncState(5, refusals=(Refusal("last_admin", "deactivate"),))


@pytest.mark.parametrize(
    ("of", "state", "verdict"),
    [
        (identity(), applied(5), Verdict.IN_STEP),
        (identity(), REFUSED, Verdict.REFUSED),
        (identity(), None, Verdict.MISSING),
        (identity(), applied(4), Verdict.STALE),
        (identity(), applied(6), Verdict.AHEAD),
        (identity(), failed(5), Verdict.FAILED),
        (inactive(), failed(6, applied_version=5), Verdict.AHEAD),
        (identity(), failed(5, applied_version=4), Verdict.FAILED),
        (identity(version=6), failed(5, applied_version=4), Verdict.STALE),
        (replace(identity(), rejected=TOO_LARGE), None, Verdict.FAILED),
        (replace(identity(), rejected=TOO_LARGE), applied(4), Verdict.FAILED),
        (replace(identity(), rejected=TOO_LARGE), applied(6), Verdict.AHEAD),
        (identity(dirty=True), None, Verdict.PENDING),
        (replace(identity(dirty=True), publishes=False), None, Verdict.HELD),
        (replace(identity(dirty=True), publishes=False), applied(6), Verdict.AHEAD),
        (replace(identity(), publishes=False), applied(5), Verdict.IN_STEP),
        (identity(dirty=True), failed(4), Verdict.PENDING),
        (identity(dirty=True), applied(6), Verdict.AHEAD),
        (identity(published_at=100), None, Verdict.PENDING),
        (identity(published_at=100), applied(4), Verdict.PENDING),
        (identity(published_at=100), applied(5), Verdict.IN_STEP),
        (identity(published_at=100), applied(6), Verdict.AHEAD),
        (identity(published_at=100), failed(5), Verdict.FAILED),
    ],
)
def test_versions_say_how_an_identity_stands(
    of: IdentityVersion, state: SyncState | None, verdict: Verdict
) -> None:
    assert judge(of, state, MOMENT) is verdict


@pytest.mark.parametrize(
    ("of", "state"),
    [
        (identity(), applied(6, deactivated_at=6)),
        (identity(), applied(8, deactivated_at=6)),
        (identity(version=7, deactivated_at=4), applied(9, deactivated_at=8)),
        (identity(dirty=True), applied(6, deactivated_at=6)),
        (identity(published_at=100), applied(6, deactivated_at=6)),
        (identity(), replace(REFUSED, applied_version=6, deactivated_at=6)),
        (identity(version=9, dirty=True), applied(6, deactivated_at=6)),
        (identity(version=9), applied(9, deactivated_at=6)),
    ],
)
def test_a_leaving_that_the_directory_does_not_know_stands_whatever_was_published_since(
    of: IdentityVersion, state: SyncState
) -> None:
    assert judge(of, state, MOMENT) is Verdict.LEFT
    assert finding_of(of, state, MOMENT).differs == ["deactivation"]


def test_a_newer_event_that_was_given_up_may_have_been_a_leaving() -> None:
    for state in (failed(6), failed(6, applied_version=5)):
        assert judge(identity(), state, MOMENT) is Verdict.LEFT
        assert finding_of(identity(), state, MOMENT).differs == ["failure"]


@pytest.mark.parametrize(
    ("of", "state", "verdict"),
    [
        (identity(version=8, deactivated_at=6), applied(8, deactivated_at=6), Verdict.IN_STEP),
        (identity(version=8, deactivated_at=6), applied(7, deactivated_at=6), Verdict.STALE),
        (identity(version=8, deactivated_at=6), applied(9, deactivated_at=6), Verdict.AHEAD),
        (identity(version=8, deactivated_at=7), applied(6, deactivated_at=6), Verdict.STALE),
        (inactive(), applied(7, deactivated_at=7), Verdict.AHEAD),
        (inactive(version=9), applied(9, deactivated_at=7), Verdict.AHEAD),
        (replace(inactive(version=9), deleted=True), applied(9, deactivated_at=7), Verdict.IN_STEP),
        (inactive(), applied(5, deactivated_at=5), Verdict.IN_STEP),
        (inactive(), applied(4), Verdict.STALE),
    ],
)
def test_a_leaving_that_the_directory_knows_or_shows_is_none_of_these(
    of: IdentityVersion, state: SyncState, verdict: Verdict
) -> None:
    assert judge(of, state, MOMENT) is verdict


versions = st.integers(0, 9)
identities = st.builds(
    IdentityVersion,
    connection_id=st.just("acme-mdm"),
    identity_id=st.just("8f0c"),
    version=versions,
    deleted=st.booleans(),
    dirty=st.booleans(),
    since=st.just(40),
    published_at=st.none() | st.sampled_from([50, 100, TOMORROW]),
    active=st.booleans(),
    deactivated_at=versions,
)
failures = st.builds(Failure, st.just("exhausted"), st.just(""), st.just(5), versions)
states = st.builds(
    SyncState,
    applied_version=versions,
    failure=st.none() | failures,
    deactivated_at=versions,
)


@given(identities, states)
def test_nobody_is_repaired_unasked_to_whom_that_would_undo_a_leaving(
    of: IdentityVersion, state: SyncState
) -> None:
    verdict = judge(of, state, MOMENT)
    if of.active and state.deactivated_at > of.deactivated_at:
        assert verdict is Verdict.LEFT
    if not of.active:
        assert verdict is not Verdict.LEFT, "to publish somebody inactive brings nobody back"


@given(identities, states)
def test_a_clock_that_is_ahead_changes_no_verdict_once_it_is_right_again(
    of: IdentityVersion, state: SyncState
) -> None:
    ahead = judge(replace(of, published_at=TOMORROW), state, MOMENT)
    assert ahead is judge(replace(of, published_at=50), state, MOMENT)


def test_what_was_published_in_the_future_is_not_on_its_way() -> None:
    assert judge(identity(published_at=TOMORROW), None, MOMENT) is Verdict.MISSING
    assert judge(identity(published_at=TOMORROW), applied(4), MOMENT) is Verdict.STALE


def test_what_was_published_by_a_clock_that_merely_differs_may_be_on_its_way() -> None:
    soon = identity(published_at=NOW + LARGEST_DIFFERENCE)
    assert judge(soon, applied(4), MOMENT) is Verdict.PENDING


def test_what_was_never_published_and_is_not_dirty_is_lost() -> None:
    never = IdentityVersion("acme-mdm", "8f0c", 5, False, False, 40, None)
    assert judge(never, None, MOMENT) is Verdict.MISSING


def test_what_is_lost_is_not_settled_and_a_leaver_is_neither() -> None:
    assert not LOST_VERDICTS & SETTLED_VERDICTS
    assert Verdict.LEFT not in LOST_VERDICTS | SETTLED_VERDICTS
