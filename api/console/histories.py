"""How is told what has happened to a person? Each entry of a timeline is a sentence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from api.admin.timelines import Event, TimelineEntry
from api.console.changes import actor_told
from api.console.moments import day
from api.console.words import label, reason
from api.requests.remedies import remedy_of

EVENTS: Mapping[Event, str] = {
    Event.REQUEST: "The provider called",
    Event.ADMINISTRATOR: "An administrator acted",
    Event.APPROVED: "An administrator approved what the brake held",
    Event.REJECTED: "An administrator rejected what the brake held: the person stays",
    Event.CREATED: "The provider created the user",
    Event.MODIFIED: "The provider changed the user last",
    Event.DELETED: "The provider deleted the user",
    Event.DELETION_WAITS: "The provider deleted the user, and the brake holds it",
    Event.DELETION_WAIVED: "The provider deleted the user, and an administrator rejected it",
    Event.DEACTIVATED: "The person left",
    Event.DEACTIVATION_WAITS: "The provider deactivated the person, and the brake holds it",
    Event.DEACTIVATION_WAIVED: "The provider deactivated the person, and that was rejected",
    Event.LOCKED: "An administrator locked the person",
    Event.HELD: "The brake held the leaving",
    Event.ADMIN_ROLE_HELD: "The brake held the loss of the Admin role",
    Event.CHANGED: "The newest state came about",
    Event.PUBLISHED: "The newest state was sent to the portal",
    Event.FAILED: "The change could not be carried out",
    Event.APPLIED: "The change was carried out in the portal",
    Event.ACCOUNT_MADE: "The account was made",
    Event.DEVICE_ACTION: "A device was changed",
    Event.ACCOUNT_REMOVED: "The account was removed",
    Event.REFUSED: "An action was refused, and waits",
}
"""Sentences for the kinds of entries; a test checks that none is missing."""

APPLIED_IN_PART = "The change was carried out in the portal, but for what was refused"

DEEDS = {
    "people.lock": "An administrator locked the person",
    "people.unlock": "An administrator unlocked the person",
    "identities.resync": "An administrator sent the person again",
    "failures.retry": "An administrator retried the change",
    "conflicts.release": "An administrator handed over the account in the way",
    "conflicts.move": "An administrator gave the account in the way another address",
}
"""Changes of administrators that concern one person. The labels of other changes describe them."""

METHODS = {
    "GET": "The provider looked the person up",
    "POST": "The provider sent the person",
    "PUT": "The provider sent the person anew",
    "PATCH": "The provider sent a change",
    "DELETE": "The provider sent a deletion",
}

DEVICE_ACTIONS = {
    "release": "A device was released",
    "change-policy": "A device was put under another policy",
    "remove": "A device was removed from the inventory",
}

REFUSED_ACTIONS = {
    "provide_account": "The account was refused, and waits",
    "change_email": "The new e-mail was refused, and waits",
    "change_role": "The new role was refused, and waits",
    "deactivate": "The leaving was refused, and waits",
}
"""Actions of the portals; a test checks that none is missing."""

BAD = frozenset({Event.FAILED, Event.REFUSED})

MOST_WITHOUT_DAYS = 12
"""Entries that are seen at once, and so need no headings."""

REFUSED_FROM = 400
"""The status of answers that refuse."""


@dataclass(frozen=True, slots=True)
class ToldEntry:
    """An entry in words.

    ``parts`` are its details, ``remedy`` helps against a refused request, and ``trace`` is the
    correlation id.
    """

    at: int
    title: str
    parts: Sequence[str] = ()
    is_bad: bool = False
    remedy: str = ""
    trace: str = ""


def by_day(entries: Sequence[ToldEntry]) -> Sequence[tuple[str, Sequence[ToldEntry]]]:
    """Return entries grouped by day, in words; a short timeline is one group without a day."""
    if len(entries) <= MOST_WITHOUT_DAYS:
        return [("", entries)]
    return [(name, list(some)) for name, some in groupby(entries, lambda each: day(each.at))]


def told_timeline(entries: Sequence[TimelineEntry]) -> Sequence[ToldEntry]:
    """Return a timeline in words; beside a refused action, what was applied was applied in part."""
    told = [told_entry(each) for each in entries]
    if all(each.event is not Event.REFUSED for each in entries):
        return told
    return [
        replace(words, title=APPLIED_IN_PART) if each.event is Event.APPLIED else words
        for each, words in zip(entries, told, strict=True)
    ]


def told_entry(entry: TimelineEntry) -> ToldEntry:
    """Return an entry of a timeline in words."""
    details, trace = entry.details, str(entry.details.get("correlation_id") or "")
    title, parts, is_bad, remedy = EVENTS[entry.event], [], entry.event in BAD, ""
    match entry.event:
        case Event.REQUEST:
            title = METHODS.get(details["method"], title)
            parts = _of_request(details)
            is_bad = details["status"] >= REFUSED_FROM
            remedy = remedy_of(details["code"]) or ""
        case Event.ADMINISTRATOR | Event.APPROVED | Event.REJECTED:
            if entry.event is Event.ADMINISTRATOR:
                title = DEEDS.get(details["action"], f"{title}: {label(details['action'])}")
            parts = [f"by {actor_told(details['actor'])}"]
            parts += [] if details["outcome"] == "done" else [f"{details['outcome']}"]
        case Event.DEVICE_ACTION:
            title = DEVICE_ACTIONS.get(details["action"], title)
            parts = [details["serial"] or "a device that is forgotten"]
        case Event.REFUSED:
            title = REFUSED_ACTIONS.get(details["action"], title)
            parts = [reason(details["reason"])]
        case Event.FAILED:
            parts = [reason(details["kind"]), details["message"] or ""]
        case Event.PUBLISHED | Event.APPLIED if "tells" in details:
            parts = [f"it tells {details['tells']}"]
        case _:
            pass
    return ToldEntry(entry.at, title, [it for it in parts if it], is_bad, remedy, trace)


def _of_request(details: Mapping[str, Any]) -> list[str]:
    answered = f"answered {details['status']}"
    return [f"{details['method']} {details['path']}", answered, details["detail"] or ""]
