"""Is every identity counted where an operator would look for it?"""

from dataclasses import replace

import pytest

from api.directory.identity_listing import IdentityVersion
from api.reconciliation.status import StatusReport
from api.reconciliation.verdicts import UNSEEN
from contracts.downstream.sync_states import Failure, Refusal, SyncState

NOW = 10_000_000
APPLIED = SyncState(applied_version=5)
REFUSED = SyncState(applied_version=5, refusals=(Refusal("last_admin", "deactivate"),))
FAILED = SyncState(4, failure=Failure("exhausted", "DBAPIError 40001", attempts=5, version=5))


def _identity(*, version: int = 5, deleted: bool = False, dirty: bool = False) -> IdentityVersion:
    return IdentityVersion("acme-mdm", "8f0c", version, deleted, dirty, since=NOW - 2_500_000)


def _counted(identity: IdentityVersion, state: SyncState) -> StatusReport:
    report = StatusReport()
    report.count(identity, state, NOW)
    return report


def test_an_identity_whose_newest_version_is_downstream_is_applied() -> None:
    assert _counted(_identity(), APPLIED) == StatusReport(identities=1, applied=1)


def test_whoever_was_waived_is_counted_beside_the_applied() -> None:
    waived = _counted(replace(_identity(), waived=True), APPLIED)
    assert waived == StatusReport(identities=1, applied=1, waived=1)
    assert StatusReport.of([waived, waived]).counts()["waived"] == 2


@pytest.mark.parametrize(
    ("identity", "state"),
    [
        (_identity(), UNSEEN),
        (_identity(version=6), APPLIED),
        (_identity(version=6), FAILED),
        (_identity(dirty=True), APPLIED),
    ],
)
def test_what_is_not_downstream_yet_is_pending_since_it_was_marked(
    identity: IdentityVersion, state: SyncState
) -> None:
    report = _counted(identity, state)
    assert (report.pending, report.oldest_pending_seconds, report.applied) == (1, 2.5, 0)


def test_a_deletion_that_is_not_downstream_yet_is_pending() -> None:
    report = _counted(_identity(version=6, deleted=True), APPLIED)
    assert (report.identities, report.pending) == (0, 1)


def test_refusals_and_failures_are_listed_with_their_reasons() -> None:
    who = {"connection": "acme-mdm", "identity": "8f0c"}
    assert _counted(_identity(), REFUSED).refused == [
        who | {"reason": "last_admin", "action": "deactivate"}
    ]
    failed = _counted(_identity(), FAILED)
    assert (failed.pending, failed.applied) == (0, 0)
    assert failed.failed == [
        who
        | {
            "reason": "exhausted",
            "kind": "exhausted",
            "message": "DBAPIError 40001",
            "attempts": 5,
            "version": 5,
        }
    ]


def test_who_cannot_be_published_has_failed_and_is_not_pending() -> None:
    too_large = Failure("unpublishable", "the event is too large", attempts=2, version=6)
    report = _counted(replace(_identity(version=6), rejected=too_large), APPLIED)
    assert (report.identities, report.pending, report.applied) == (1, 0, 0)
    assert [it["kind"] for it in report.failed] == ["unpublishable"]
    assert report.counts()["failed"] == 1


def test_who_waits_for_a_connection_that_does_not_publish_is_held_and_not_pending() -> None:
    held = replace(_identity(version=6), dirty=True, publishes=False)
    report = _counted(held, APPLIED)
    assert (report.held, report.pending, report.applied) == (1, 0, 0)
    report = _counted(replace(held, dirty=False), APPLIED)
    assert (report.held, report.pending) == (0, 1), "it was published before the pause"


@pytest.mark.parametrize("dirty", [True, False])
def test_who_is_held_by_a_brake_is_neither_pending_nor_applied(dirty: bool) -> None:
    report = _counted(replace(_identity(dirty=dirty), held=True), APPLIED)
    assert (report.identities, report.held, report.pending, report.applied) == (1, 1, 0, 0)


def test_who_is_refused_two_actions_is_counted_once() -> None:
    refusals = (Refusal("last_admin", "change_role"), Refusal("last_admin", "deactivate"))
    report = _counted(_identity(), SyncState(applied_version=5, refusals=refusals))
    assert len(report.refused) == 2
    assert report.counts() == {
        "identities": 1,
        "pending": 0,
        "held": 0,
        "oldest_pending_seconds": 0.0,
        "applied": 0,
        "waived": 0,
        "refused": 1,
        "failed": 0,
        "left": 0,
    }


def test_a_leaver_whom_the_directory_does_not_know_is_listed_and_not_counted_as_applied() -> None:
    report = _counted(_identity(), SyncState(applied_version=6, deactivated_at=6))
    assert (report.identities, report.pending, report.applied) == (1, 0, 0)
    assert report.left == [{"connection": "acme-mdm", "identity": "8f0c", "lost": ["deactivation"]}]


def test_what_a_clock_that_was_ahead_has_marked_is_as_old_as_that_was_wrong() -> None:
    tomorrow = replace(_identity(dirty=True), since=NOW + 86_400_000_000)
    assert _counted(tomorrow, APPLIED).oldest_pending_seconds == 86_400
