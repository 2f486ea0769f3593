"""Does a timeline tell what happened, in the order in which it happened?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from api.admin.timelines import PLACES, Event, TimelineEntry, timeline
from api.directory.person_records import PersonRecord
from contracts.downstream.failures import ListedFailure
from contracts.downstream.histories import DeviceActionTaken, History, RefusedSince

IDENTITY: dict[str, Any] = {
    "id": "8f0c",
    "active": False,
    "version": 50,
    "correlation_id": "okta-2",
    "changed_at": 50,
    "told_at": 50,
    "deactivated_at": 50,
    "deactivation": {"do": "remove-user"},
    "locked_at": None,
    "leaving": None,
    "held_since": None,
    "admin_hold": None,
    "admin_held_since": None,
    "published_at": 60,
    "published_version": 50,
    "rejected_at": None,
    "rejection": None,
    "rejected_version": None,
}
USER = {"created_at": 10, "modified_at": 50}
REQUEST = {
    "at": 49,
    "method": "PATCH",
    "path": "/Users/8f0c",
    "status": 200,
    "code": None,
    "detail": None,
    "correlation_id": "okta-2",
}
LOCKING = {
    "at": 30,
    "action": "people.lock",
    "actor": "admin:1",
    "outcome": "done",
    "correlation_id": "lock-1",
}
HISTORY = History(
    applied_version=50,
    applied_at=70,
    correlation_id="okta-2",
    refused=(RefusedSince("change_policy", "unknown_policy", 71),),
    device_actions=(DeviceActionTaken("S-1", "unassign", 50, 70, "okta-2"),),
    account_made_at=20,
    account_removed_at=70,
)
FAILURE = ListedFailure("c", "8f0c", "exhausted", "DBAPIError", 40, 5, 35, 40, "okta-1")


def test_a_timeline_leads_from_the_request_to_the_devices() -> None:
    record = PersonRecord(IDENTITY, USER, (), [REQUEST], [LOCKING])
    entries = timeline(record, HISTORY, [FAILURE])
    assert [(it.at, it.event) for it in entries] == [
        (10, "created"),
        (20, "account-made"),
        (30, "administrator"),
        (40, "failed"),
        (49, "request"),
        (50, "modified"),
        (50, "deactivated"),
        (50, "changed"),
        (60, "published"),
        (70, "applied"),
        (70, "device-action"),
        (70, "account-removed"),
        (71, "refused"),
    ]
    told = {str(it.event): it.details for it in entries}
    assert told["device-action"]["serial"] == "S-1"
    assert told["request"]["method"] == "PATCH"
    assert told["changed"]["correlation_id"] == told["applied"]["correlation_id"]


def test_events_of_one_moment_stand_in_the_order_of_causes() -> None:
    at = 50
    identity = IDENTITY | {"published_at": at}
    request, locking = REQUEST | {"at": at}, LOCKING | {"at": at}
    history = replace(
        HISTORY,
        applied_at=at,
        refused=(RefusedSince("change_policy", "unknown_policy", at),),
        device_actions=(DeviceActionTaken("S-1", "unassign", at, at, "okta-2"),),
        account_made_at=at,
        account_removed_at=at,
    )
    user = {"created_at": at, "modified_at": at}
    record = PersonRecord(identity, user, (), [request], [locking])
    assert [it.event for it in timeline(record, history, [])] == [
        "request",
        "administrator",
        "created",
        "modified",
        "deactivated",
        "changed",
        "published",
        "applied",
        "account-made",
        "device-action",
        "account-removed",
        "refused",
    ]
    assert set(PLACES) == set(Event)


@pytest.mark.parametrize(
    ("applied_version", "order"),
    [(50, ["published", "applied"]), (40, ["applied", "published"])],
    ids=["of the same version", "of an earlier version"],
)
def test_a_publication_that_is_confirmed_late_stands_before_what_it_led_to(
    applied_version: int, order: list[str]
) -> None:
    confirmed = PersonRecord(IDENTITY | {"published_at": 75}, USER, (), (), ())
    history = replace(HISTORY, applied_version=applied_version)
    told = [str(it.event) for it in timeline(confirmed, history, [])]
    assert [it for it in told if it in order] == order


def test_what_waits_for_an_administrator_is_in_the_timeline() -> None:
    waiting = IDENTITY | {
        "deactivated_at": 0,
        "locked_at": 41,
        "leaving": 1,
        "held_since": 42,
        "admin_hold": 1,
        "admin_held_since": 43,
        "rejected_at": 44,
        "rejection": "the event is too large",
        "rejected_version": 40,
        "published_at": None,
    }
    entries = timeline(PersonRecord(waiting, None, (), (), ()), None, ())
    assert [(it.at, it.event) for it in entries] == [
        (41, "locked"),
        (42, "held"),
        (43, "admin-role-held"),
        (44, "failed"),
        (50, "deletion-waits"),
        (50, "changed"),
    ]


def test_a_hold_that_is_over_is_not_in_the_timeline() -> None:
    over = IDENTITY | {"held_since": 42, "admin_held_since": 43}
    entries = timeline(PersonRecord(over, None, (), (), ()), None, ())
    assert not {"held", "admin-role-held"} & {it.event for it in entries}


def _decision(at: int, identities: object, action: str = "held.reject", **more: Any) -> Any:
    return {
        "at": at,
        "action": action,
        "actor": "admin:1",
        "outcome": "done",
        "correlation_id": f"decision-{at}",
        "after": {"identities": identities},
    } | more


def _events(entries: Sequence[TimelineEntry]) -> list[tuple[int, str]]:
    return [(it.at, it.event) for it in entries]


@pytest.mark.parametrize(
    ("leaving", "deactivated"),
    [
        pytest.param(1, "deactivation-waits", id="held"),
        pytest.param(2, "deactivation-waived", id="waived"),
    ],
)
def test_a_deactivation_that_is_kept_back_is_not_told_as_applied(
    leaving: int, deactivated: str
) -> None:
    kept = IDENTITY | {"leaving": leaving, "held_since": 52}
    entries = timeline(PersonRecord(kept, USER, (), (), ()), HISTORY, ())
    told = {str(it.event): it.details for it in entries}
    assert {"held", deactivated} <= told.keys()
    assert "deactivated" not in told
    for event in ("published", "applied"):
        assert told[event]["tells"] == "the person as before the leaving"
    before = timeline(PersonRecord(kept | {"deactivated_at": 80}, USER, (), (), ()), HISTORY, ())
    assert all("tells" not in it.details for it in before)


def test_a_decision_on_everybody_is_told_of_people_whom_it_has_waived() -> None:
    decided = [
        _decision(51, "all"),
        _decision(53, "all", action="held.approve"),
        _decision(54, ["other"]),
        _decision(55, "all"),
        _decision(56, "all"),
    ]
    waived = IDENTITY | {"leaving": 2, "held_since": 52}
    entries = timeline(PersonRecord(waived, None, (), (), (), decided), None, ())
    assert _events(entries) == [
        *((50, "deletion-waived"), (50, "deactivation-waived"), (50, "changed")),
        *((52, "held"), (55, "rejected"), (60, "published")),
    ]
    for other in (IDENTITY, waived | {"leaving": 1}):
        entries = timeline(PersonRecord(other, None, (), (), (), decided), None, ())
        assert "rejected" not in {it.event for it in entries}


def test_decisions_that_name_a_person_are_told_of_that_person() -> None:
    alone = _decision(53, ["8f0c"])
    among = _decision(57, ["8f0c", "other"], action="held.approve")
    failed = _decision(54, ["8f0c"], outcome="failed")
    later = _decision(58, "all")
    record = PersonRecord(IDENTITY, None, (), (), [alone, failed], [among, later])
    events = _events(timeline(record, None, ()))
    assert {(53, "rejected"), (54, "administrator"), (57, "approved")} < {*events}
    waived = IDENTITY | {"leaving": 2, "held_since": 52}
    record = PersonRecord(waived, None, (), (), [alone], [later])
    events = _events(timeline(record, None, ()))
    assert [at for at, event in events if event == "rejected"] == [53], "the later one met others"


def test_a_decision_that_has_ended_is_told_once_and_one_that_was_cut_off_as_begun() -> None:
    begun = _decision(53, ["8f0c"], outcome="begun")
    done = _decision(54, ["8f0c"], correlation_id="decision-53")
    cut_off = _decision(57, ["8f0c", "other"], outcome="begun", action="held.approve")
    record = PersonRecord(IDENTITY, None, (), (), [done, begun], [cut_off])
    entries = [it for it in timeline(record, None, ()) if "outcome" in it.details]
    assert _events(entries) == [(54, "rejected"), (57, "administrator")]
    assert entries[-1].details["outcome"] == "begun"


def test_a_role_that_a_rejection_has_left_is_in_the_timeline() -> None:
    stays = IDENTITY | {"active": True, "admin_hold": 2, "admin_held_since": 52}
    record = PersonRecord(stays, USER, (), (), (), [_decision(55, "all")])
    events = _events(timeline(record, None, ()))
    assert {(52, "admin-role-held"), (55, "rejected")} < {*events}
