"""What has happened to a person, and when? A timeline leads from requests to devices. Pure.

It tells what tables remember: of most kinds of events the newest one, because a person's rows hold
states and no history. Requests, changes by administrators and device actions are told one by one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from api.admin.audit import Outcome
from api.directory.identity_listing import UNPUBLISHABLE
from api.directory.leavings import KEPT_BACK, Leaving
from api.directory.person_records import PersonRecord, Row
from contracts.downstream.failures import ListedFailure
from contracts.downstream.histories import History

Details = Mapping[str, Any]


class Event(StrEnum):
    """The kinds of entries. Those with ``_WAITS`` and ``_WAIVED`` are kept back by a brake."""

    REQUEST = "request"
    ADMINISTRATOR = "administrator"
    APPROVED = "approved"
    REJECTED = "rejected"
    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    DELETION_WAITS = "deletion-waits"
    DELETION_WAIVED = "deletion-waived"
    DEACTIVATED = "deactivated"
    DEACTIVATION_WAITS = "deactivation-waits"
    DEACTIVATION_WAIVED = "deactivation-waived"
    LOCKED = "locked"
    HELD = "held"
    ADMIN_ROLE_HELD = "admin-role-held"
    CHANGED = "changed"
    PUBLISHED = "published"
    FAILED = "failed"
    APPLIED = "applied"
    ACCOUNT_MADE = "account-made"
    DEVICE_ACTION = "device-action"
    ACCOUNT_REMOVED = "account-removed"
    REFUSED = "refused"


PLACES: Mapping[Event, int] = {
    event: place
    for place, events in enumerate(
        (
            {Event.REQUEST, Event.ADMINISTRATOR, Event.APPROVED, Event.REJECTED},
            {Event.CREATED},
            {Event.MODIFIED, Event.LOCKED},
            {Event.DELETED, Event.DELETION_WAITS, Event.DELETION_WAIVED},
            {Event.DEACTIVATED, Event.DEACTIVATION_WAITS, Event.DEACTIVATION_WAIVED},
            {Event.HELD, Event.ADMIN_ROLE_HELD},
            {Event.CHANGED},
            {Event.PUBLISHED},
            {Event.APPLIED, Event.FAILED},
            {Event.ACCOUNT_MADE},
            {Event.DEVICE_ACTION},
            {Event.ACCOUNT_REMOVED},
            {Event.REFUSED},
        )
    )
    for event in events
}
"""The places of events of one moment: an effect follows its cause."""

OF_REQUEST = ("method", "path", "status", "code", "detail", "correlation_id")
OF_CHANGE = ("action", "actor", "outcome", "correlation_id")
"""The fields that are told of a request, and of a change by an administrator."""

DECISIONS = {"held.approve": Event.APPROVED, "held.reject": Event.REJECTED}
"""Events of decisions on held losses, by their actions in the audit log."""

DEACTIVATIONS: Mapping[Leaving | None, Event] = {
    Leaving.HELD: Event.DEACTIVATION_WAITS,
    Leaving.WAIVED: Event.DEACTIVATION_WAIVED,
}
DELETIONS: Mapping[Leaving | None, Event] = {
    Leaving.HELD: Event.DELETION_WAITS,
    Leaving.WAIVED: Event.DELETION_WAIVED,
}
"""Events of a deactivation or a deletion that a brake keeps back."""

HOLDS = (
    (Event.HELD, "held_since", "leaving"),
    (Event.ADMIN_ROLE_HELD, "admin_held_since", "admin_hold"),
)
"""Events of holds, with the columns of their beginning and of their state."""

AS_BEFORE = {"tells": "the person as before the leaving"}
"""The details of an event that tells nothing of a held or waived leaving."""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened to a person at a time, in microseconds since the epoch."""

    at: int
    event: Event
    details: Details


def timeline(
    record: PersonRecord, history: History | None, failures: Sequence[ListedFailure]
) -> Sequence[TimelineEntry]:
    """Return the entries of a person by time; those of one moment stand in the order of causes."""
    entries = [*_of_directory(record), *_of_outbox(record)]
    entries += (
        TimelineEntry(
            it.last_at,
            Event.FAILED,
            {
                "kind": it.kind,
                "message": it.message,
                "version": it.version,
                "correlation_id": it.correlation_id,
            },
        )
        for it in failures
    )
    if history is not None:
        entries += _of_downstream(history, record.identity)
        entries = [_at_the_latest(it, _applied_at(record, history)) for it in entries]
    return sorted(entries, key=lambda entry: (entry.at, PLACES[entry.event]))


def _applied_at(record: PersonRecord, history: History) -> int | None:
    """Return when the version that was published last was applied; None: not yet."""
    is_applied = history.applied_version >= record.identity["published_version"]
    return history.applied_at if is_applied else None


def _at_the_latest(entry: TimelineEntry, applied_at: int | None) -> TimelineEntry:
    """Return an entry, of which a publication is no later than the application of its event.

    A publication is noted once it is confirmed, which a quick worker may precede. On a single
    process it always does.
    """
    if entry.event is not Event.PUBLISHED or applied_at is None:
        return entry
    return replace(entry, at=min(entry.at, applied_at))


def _of_directory(record: PersonRecord) -> Iterator[TimelineEntry]:
    identity = record.identity
    for request in record.requests:
        yield TimelineEntry(request["at"], Event.REQUEST, {it: request[it] for it in OF_REQUEST})
    for change in without_beginnings((*record.audited, *_decisions_on(record))):
        yield TimelineEntry(change["at"], _event_of(change), {it: change[it] for it in OF_CHANGE})
    kept = None if identity["active"] else identity["leaving"]
    if record.user is not None:
        yield TimelineEntry(record.user["created_at"], Event.CREATED, {})
        yield TimelineEntry(record.user["modified_at"], Event.MODIFIED, {})
    elif identity["told_at"]:
        yield TimelineEntry(identity["told_at"], DELETIONS.get(kept, Event.DELETED), {})
    if identity["deactivated_at"]:
        action = (identity["deactivation"] or {}).get("do")
        event = DEACTIVATIONS.get(kept, Event.DEACTIVATED)
        yield TimelineEntry(identity["deactivated_at"], event, {"action": action})
    if identity["locked_at"] is not None:
        yield TimelineEntry(identity["locked_at"], Event.LOCKED, {})
    for event, since, hold in HOLDS:
        if identity[hold] in KEPT_BACK and identity[since] is not None:
            yield TimelineEntry(identity[since], event, {})


def without_beginnings(changes: Sequence[Row]) -> Sequence[Row]:
    """Return changes without the beginnings of those whose end is among them. Pure."""
    ended = {each["correlation_id"] for each in changes if each["outcome"] != Outcome.BEGUN}
    return [
        each
        for each in changes
        if each["outcome"] != Outcome.BEGUN or each["correlation_id"] not in ended
    ]


def _event_of(change: Row) -> Event:
    is_done = change["outcome"] == Outcome.DONE
    decision = DECISIONS.get(change["action"], Event.ADMINISTRATOR)
    return decision if is_done else Event.ADMINISTRATOR


def _decisions_on(record: PersonRecord) -> Sequence[Row]:
    """Return the decisions on several people that were on this one, too.

    A decision on everybody names no person: a waived hold tells that the first rejection since its
    beginning has met it. An approval of everybody leaves no trace in a person's rows.
    """
    identity = record.identity
    named: list[Row] = []
    of_all: list[Row] = []
    for change in without_beginnings(record.decided):
        identities = (change["after"] or {}).get("identities", ())
        if identities == "all":
            of_all += [change] if change["action"] == "held.reject" else []
        elif identity["id"] in identities:
            named.append(change)
    rejected = [
        each for each in (*record.audited, *named, *of_all) if each["action"] == "held.reject"
    ]
    rejected = sorted(rejected, key=lambda each: each["at"])
    for _, since, hold in HOLDS:
        if identity[hold] == Leaving.WAIVED and identity[since] is not None:
            later = (each for each in rejected if each["at"] >= identity[since])
            first = next(later, None)
            if first is not None and first in of_all and first not in named:
                named.append(first)
    return named


def _of_outbox(record: PersonRecord) -> Iterator[TimelineEntry]:
    identity = record.identity
    version = {"version": identity["version"], "correlation_id": identity["correlation_id"]}
    yield TimelineEntry(identity["changed_at"], Event.CHANGED, version)
    if identity["published_at"] is not None:
        published = {"version": identity["published_version"]}
        published |= _as_before(identity, identity["published_version"])
        yield TimelineEntry(identity["published_at"], Event.PUBLISHED, published)
    if identity["rejected_at"] is not None:
        rejected = {
            "kind": UNPUBLISHABLE,
            "message": identity["rejection"],
            "version": identity["rejected_version"],
        }
        yield TimelineEntry(identity["rejected_at"], Event.FAILED, rejected)


def _as_before(identity: Row, version: int) -> Details:
    """Return the details of a version that tells nothing of a held or waived leaving; else none."""
    is_kept = not identity["active"] and identity["leaving"] in KEPT_BACK
    return AS_BEFORE if is_kept and version >= identity["deactivated_at"] else {}


def _of_downstream(history: History, identity: Row) -> Iterator[TimelineEntry]:
    trace = {"correlation_id": history.correlation_id}
    if history.applied_at is not None:
        applied = {"version": history.applied_version} | trace
        applied |= _as_before(identity, history.applied_version)
        yield TimelineEntry(history.applied_at, Event.APPLIED, applied)
    if history.account_made_at is not None:
        yield TimelineEntry(history.account_made_at, Event.ACCOUNT_MADE, {})
    for taken in history.device_actions:
        details = {
            "action": taken.action,
            "serial": taken.serial,
            "correlation_id": taken.correlation_id,
        }
        yield TimelineEntry(taken.at, Event.DEVICE_ACTION, details)
    if history.account_removed_at is not None:
        yield TimelineEntry(history.account_removed_at, Event.ACCOUNT_REMOVED, {})
    for refused in history.refused:
        details = {"action": refused.action, "reason": refused.reason}
        yield TimelineEntry(refused.since, Event.REFUSED, details)
