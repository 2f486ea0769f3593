"""How does an identity stand, as its versions in directory and downstream say?"""

import pytest

from api.directory.census import CountedIdentity
from api.reconciliation import LOST, SETTLED, Verdict, judge
from contracts.downstream_facts import Failure, Refusal, SyncState

SETTLED_BEFORE = 100


def identity(*, version: int = 5, dirty: bool = False, published_at: int = 50) -> CountedIdentity:
    return CountedIdentity("acme-mdm", "8f0c", version, False, dirty, 40, published_at)


def applied(version: int) -> SyncState:
    return SyncState(applied_version=version)


def failed(version: int, applied_version: int = 0) -> SyncState:
    failure = Failure("exhausted", "DBAPIError 40001", attempts=5, version=version)
    return SyncState(applied_version, failure=failure)


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
        (identity(), failed(6, applied_version=5), Verdict.AHEAD),
        (identity(), failed(5, applied_version=4), Verdict.FAILED),
        (identity(version=6), failed(5, applied_version=4), Verdict.STALE),
        (identity(dirty=True), None, Verdict.PENDING),
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
    of: CountedIdentity, state: SyncState | None, verdict: Verdict
) -> None:
    assert judge(of, state, SETTLED_BEFORE) is verdict


def test_what_was_never_published_and_is_not_dirty_is_lost() -> None:
    never = CountedIdentity("acme-mdm", "8f0c", 5, False, False, 40, None)
    assert judge(never, None, SETTLED_BEFORE) is Verdict.MISSING


def test_what_is_lost_is_not_settled() -> None:
    assert not LOST & SETTLED
