"""How large may a user become? Limits bound its entries, its characters and its names. Pure.

A user that was stored under larger limits may keep its size and can be deactivated, but may not
grow.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scim2_models import InvalidValueException

from api.scim.protocol.limits import LONGEST_NAME
from contracts.names import trimmed

Document = Mapping[str, Any]

MOST_ENTRIES = 1_000
"""Entries of all lists of a user together; an entry costs a tenth of a millisecond per change."""


def check_document(document: Any, most_characters: int) -> None:
    """Check the size of a user, or of a value for a user, that was sent.

    :raises InvalidValueException: when it is larger than a user may be.
    """
    entries, characters = _size_of(document)
    _check(entries, characters, most_characters)


def check_growth(before: Any, after: Any, most_characters: int) -> None:
    """Check the size of a changed user, unless it was as large before.

    :param before: the stored document; None for a new user.
    :raises InvalidValueException: when it grows beyond the limits.
    """
    had, has = _size_of(before), _size_of(after)
    entries, characters = (new if new > old else 0 for old, new in zip(had, has, strict=True))
    _check(entries, characters, most_characters)


def check_names(user: Document, before: Document | None) -> None:
    """Check the values of a user that are indexed or become names downstream.

    A value that the stored user has already may stay.

    :param user: the canonical JSON of the user.
    :param before: the stored document; None for a new user.
    :raises InvalidValueException: when a value is too long, or the userName is empty.
    """
    if not trimmed(user.get("userName", "")):
        raise InvalidValueException(detail="userName must not be empty, or blank")
    known = set(_names_of(before)) if before is not None else set()
    for name in _names_of(user):
        if len(name[1]) > LONGEST_NAME and name not in known:
            raise InvalidValueException(
                detail=f"{name[0]} is longer than {LONGEST_NAME} characters"
            )


def _names_of(user: Document) -> Iterator[tuple[str, str]]:
    for attribute in ("userName", "externalId"):
        yield attribute, user.get(attribute, "")
    for attribute in ("emails", "roles"):
        for entry in user.get(attribute, ()):
            yield f"{attribute}.value", entry.get("value", "")


def _size_of(document: Any) -> tuple[int, int]:
    """Return the number of entries of a document's lists, and of characters of its texts.

    Texts in lists, as the names of schemas, are no entries.
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
                pass  # numbers, booleans and null have no size
    return entries, characters


def _check(entries: int, characters: int, most_characters: int) -> None:
    if entries > MOST_ENTRIES:
        raise InvalidValueException(detail=f"A user has at most {MOST_ENTRIES} entries in all")
    if characters > most_characters:
        raise InvalidValueException(
            detail=f"A user has at most {most_characters} characters in all"
        )
