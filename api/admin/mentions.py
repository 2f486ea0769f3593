"""Which people and things does a change in the audit log name by their ids? Pure.

The log outlives people and devices, and so holds no name of theirs.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from api.admin.list_audit import ListedChange


class Kind(StrEnum):
    """The kinds of ids that changes name."""

    PERSON = "person"
    GROUP = "group"
    DEVICE = "device"
    ACCOUNT = "account"
    ADMINISTRATOR = "administrator"


class Mention(NamedTuple):
    """An id that a change names. People and groups are those of a connection, others have none."""

    kind: Kind
    id: str
    connection: str = ""


SUBJECTS = {
    "accounts": Kind.ACCOUNT,
    "admins": Kind.ADMINISTRATOR,
    "conflicts": Kind.PERSON,
    "devices": Kind.DEVICE,
    "failures": Kind.PERSON,
    "held": Kind.PERSON,
    "identities": Kind.PERSON,
    "people": Kind.PERSON,
}
"""The kinds of ids that subjects of changes are, by the nouns of the actions."""

MOST_GROUPS = 8
"""Groups of a mapping that are told by name: a mapping may have ten thousand."""

MOST_PEOPLE = 5
"""People of a change that are told by name; all others are counted."""


def subject_of(change: ListedChange) -> Mention | None:
    """Return the subject of a change; None where it is a connection, a token, or missing."""
    kind = SUBJECTS.get(change.action.partition(".")[0])
    if kind is None or change.subject is None:
        return None
    if kind is Kind.PERSON:
        return Mention(kind, change.subject, change.connection or "")
    return Mention(kind, change.subject)


def mentioned(change: ListedChange) -> Iterator[Mention]:
    """Yield all that a change names by an id."""
    subject = subject_of(change)
    if subject is not None:
        yield subject
    connection = change.connection or ""
    for document in (change.before or {}, change.after or {}):
        yield from filter(None, (account_in(document), person_in(document)))
        yield from people_in(document, connection)
    for group in _groups_that_differ(change.before or {}, change.after or {}):
        yield Mention(Kind.GROUP, group, connection)


def account_in(document: Mapping[str, Any]) -> Mention | None:
    """Return the account that a document names, if it does."""
    account = document.get("account")
    return Mention(Kind.ACCOUNT, account) if isinstance(account, str) else None


def person_in(document: Mapping[str, Any]) -> Mention | None:
    """Return the person that a document names together with the connection, if it does."""
    of, identity = document.get("connection"), document.get("identity")
    is_named = isinstance(of, str) and isinstance(identity, str)
    return Mention(Kind.PERSON, str(identity), str(of)) if is_named else None


def people_in(document: Mapping[str, Any], connection: str) -> list[Mention]:
    """Return the first people of a document's list; ``all`` in its place names none."""
    ids = document.get("identities")
    some = ids[:MOST_PEOPLE] if isinstance(ids, list) else []
    return [Mention(Kind.PERSON, str(id_), connection) for id_ in some]


def _groups_that_differ(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the first groups of each mapping whose role the other does not have."""
    old, new = _mapped(before), _mapped(after)
    for of, other in ((old, new), (new, old)):
        yield from islice((id_ for id_, role in of.items() if other.get(id_) != role), MOST_GROUPS)


def _mapped(document: Mapping[str, Any]) -> Mapping[str, str]:
    rules = document.get("rules", document)
    lines = rules.get("group_map") if isinstance(rules, Mapping) else None
    return {str(line["group"]): str(line["role"]) for line in lines or ()}
