"""How large may a user be, or become? As large as what one person can have. Pure.

A user that was stored under larger limits stays, and can still leave: it may not grow.
"""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidValueException

from api.scim.protocol.limits import LONGEST_NAME
from api.scim.protocol.resources import ScimUser
from contracts.names import trimmed

MOST_ENTRIES = 1_000
"""Entries of all lists of a user together: each costs a tenth of a millisecond at every change."""


def check_document(document: Any, most_characters: int) -> None:
    """Check how large a user is that was sent, or would become by what was sent.

    :raises InvalidValueException: when it has more than a person can have.
    """
    entries, characters = _size_of(document)
    _check(entries, characters, most_characters)


def check_growth(before: Any, after: Any, most_characters: int) -> None:
    """Check how large a user becomes, unless it was as large already.

    :param before: what is stored of it; None where it is new.
    :raises InvalidValueException: when it has more than a person can have.
    """
    had, has = _size_of(before), _size_of(after)
    entries, characters = (new if new > old else 0 for old, new in zip(had, has, strict=True))
    _check(entries, characters, most_characters)


def check_names(user: ScimUser, before: ScimUser | None) -> None:
    """Check what is indexed of a user, or becomes a name downstream; what it had already stays.

    :raises InvalidValueException: when one is too long, or the userName is empty.
    """
    if not trimmed(user.user_name or ""):
        raise InvalidValueException(detail="userName must not be empty, or blank")
    known = set(_names_of(before)) if before is not None else set()
    for name in _names_of(user):
        if len(name[1]) > LONGEST_NAME and name not in known:
            raise InvalidValueException(
                detail=f"{name[0]} is longer than {LONGEST_NAME} characters"
            )


def _names_of(user: ScimUser) -> Iterator[tuple[str, str]]:
    yield "userName", user.user_name or ""
    yield "externalId", user.external_id or ""
    for email in user.emails or ():
        yield "emails.value", email.value or ""
    for role in user.roles or ():
        yield "roles.value", role.value or ""


def _size_of(document: Any) -> tuple[int, int]:
    """Return how many entries the lists of a document have, and how many characters its texts.

    An entry is an object: the names of schemas are none.
    """
    entries = characters = 0
    left = [document]
    while left:
        match left.pop():
            case str() as text:
                characters += len(text)
            case list() as items:
                entries += sum(not isinstance(item, str) for item in items)
                left.extend(items)
            case dict() as members:
                left.extend(members.values())
            case _:
                pass  # what has no size
    return entries, characters


def _check(entries: int, characters: int, most_characters: int) -> None:
    if entries > MOST_ENTRIES:
        raise InvalidValueException(detail=f"A user has at most {MOST_ENTRIES} entries in all")
    if characters > most_characters:
        raise InvalidValueException(
            detail=f"A user has at most {most_characters} characters in all"
        )
