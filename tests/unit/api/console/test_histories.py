"""Is every entry of a timeline told in a sentence?"""

from typing import Any

import pytest

from api.admin.timelines import Event, TimelineEntry
from api.console.histories import (
    DEVICE_ACTIONS,
    EVENTS,
    MOST_WITHOUT_DAYS,
    REFUSED_ACTIONS,
    ToldEntry,
    by_day,
    told_entry,
    told_timeline,
)
from worker.planning.actions import DeviceActionKind, RefusedAction

DAY, HOUR = 86_400_000_000, 3_600_000_000

REQUEST = {"method": "PATCH", "path": "/Users/1", "status": 200, "code": None, "detail": None}
REFUSED = REQUEST | {"status": 409, "code": "uniqueness", "detail": "userName is taken"}
CHANGE = {"action": "people.lock", "actor": "admin:1", "outcome": "done", "correlation_id": "c1"}

TOLD: list[tuple[Event, dict[str, Any], str, str]] = [
    (Event.REQUEST, REQUEST, "The provider sent a change", "PATCH /Users/1 answered 200"),
    (Event.ADMINISTRATOR, CHANGE, "An administrator locked the person", "by administrator 1"),
    (
        Event.ADMINISTRATOR,
        CHANGE | {"action": "accounts.release", "outcome": "begun"},
        "An administrator acted: Accounts.release",
        "by administrator 1 begun",
    ),
    (Event.DEVICE_ACTION, {"action": "release", "serial": "L1"}, "A device was released", "L1"),
    (
        Event.REFUSED,
        {"action": "change_role", "reason": "last_admin"},
        "The new role was refused, and waits",
        "Last Admin of the workspace",
    ),
    (
        Event.FAILED,
        {"kind": "exhausted", "message": "TimeoutError"},
        "The change could not be carried out",
        "Every attempt failed TimeoutError",
    ),
    (
        Event.APPLIED,
        {"version": 1, "tells": "the person as before the leaving"},
        "The change was carried out in the portal",
        "it tells the person as before the leaving",
    ),
]


@pytest.mark.parametrize(("event", "details", "title", "parts"), TOLD)
def test_an_entry_is_told(event: Event, details: dict[str, Any], title: str, parts: str) -> None:
    told = told_entry(TimelineEntry(1, event, details))
    assert (told.title, " ".join(told.parts)) == (title, parts)


def test_a_refused_request_has_a_remedy() -> None:
    told = told_entry(TimelineEntry(1, Event.REQUEST, REFUSED))
    assert told.is_bad
    assert "userName is taken" in told.parts
    assert "match the two at the provider" in told.remedy


def test_a_change_that_was_applied_in_part_is_told_so() -> None:
    applied = TimelineEntry(1, Event.APPLIED, {"version": 1})
    refused = TimelineEntry(2, Event.REFUSED, {"action": "change_role", "reason": "last_admin"})
    assert [it.title for it in told_timeline([applied, refused])] == [
        "The change was carried out in the portal, but for what was refused",
        "The new role was refused, and waits",
    ]
    assert told_timeline([applied]) == [told_entry(applied)]


def test_a_long_timeline_is_told_day_by_day() -> None:
    short = [ToldEntry(number * DAY, "x") for number in range(MOST_WITHOUT_DAYS)]
    assert by_day(short) == [("", short)]
    long = [ToldEntry(DAY + number * HOUR, "x") for number in range(MOST_WITHOUT_DAYS * 3)]
    assert by_day(long) == [
        ("Friday, 2 January 1970", long[:24]),
        ("Saturday, 3 January 1970", long[24:]),
    ]


def test_every_event_and_every_action_has_a_sentence() -> None:
    assert set(EVENTS) == set(Event)
    assert set(DEVICE_ACTIONS) == set(DeviceActionKind)
    assert set(REFUSED_ACTIONS) == set(RefusedAction)
