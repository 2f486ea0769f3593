"""What does a SCIM User say that matters downstream? A pure function derives its attributes."""

from collections.abc import Mapping
from typing import Any

from api.directory.identity_changes import ReleasedAttributes
from contracts.identity_changed import Profile
from contracts.names import trimmed

User = Mapping[str, Any]
"""The canonical JSON of a user."""


def released_attributes_of(user: User, *, active: bool = True) -> ReleasedAttributes:
    """Return the attributes of a user that an event tells; empty and blank values are left out.

    :param user: the canonical JSON of the user.
    :param active: the state of a user without an ``active`` attribute.
    """
    name = user.get("name", {})
    given, family = name.get("givenName", ""), name.get("familyName", "")
    candidates = (user.get("displayName", ""), name.get("formatted", ""), f"{given} {family}")
    roles = (trimmed(role.get("value", "")) for role in user.get("roles", ()))
    return ReleasedAttributes(
        active=user.get("active", active),
        profile=Profile(
            user_name=user.get("userName", ""),
            email=_email_of(user),
            display_name=next(filter(trimmed, candidates), None),
            given_name=given,
            family_name=family,
            external_id=user.get("externalId") or None,
        ),
        role_names=tuple(filter(None, roles)),
    )


def _email_of(user: User) -> str | None:
    """Return the primary address, else the first of type work, else the first, else the userName.

    A userName counts as an address if it contains @.
    """
    emails = [email for email in user.get("emails", ()) if trimmed(email.get("value", ""))]
    primary = [email["value"] for email in emails if email.get("primary")]
    work = [email["value"] for email in emails if email.get("type") == "work"]
    user_name = [user["userName"]] if "@" in user.get("userName", "") else []
    candidates = [*primary, *work, *(email["value"] for email in emails), *user_name]
    return next(iter(candidates), None)
