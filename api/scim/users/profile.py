"""What does a SCIM User say that matters downstream? A pure function derives its attributes."""

from api.directory.identity_changes import ReleasedAttributes
from api.scim.protocol.resources import ScimUser
from contracts.identity_changed import Profile
from contracts.names import trimmed


def released_attributes_of(user: ScimUser, *, active: bool = True) -> ReleasedAttributes:
    """Return the attributes of a user that an event tells; empty and blank values are left out.

    :param active: the state of a user without an ``active`` attribute.
    """
    name = user.name
    given, family = (name and name.given_name) or "", (name and name.family_name) or ""
    candidates = (user.display_name or "", (name and name.formatted) or "", f"{given} {family}")
    return ReleasedAttributes(
        active=active if user.active is None else user.active,
        profile=Profile(
            user_name=user.user_name or "",
            email=_email_of(user),
            display_name=next(filter(trimmed, candidates), None),
            given_name=given,
            family_name=family,
            external_id=user.external_id or None,
        ),
        role_names=tuple(filter(None, (trimmed(role.value or "") for role in user.roles or ()))),
    )


def _email_of(user: ScimUser) -> str | None:
    """Return the primary address, else the first of type work, else the first, else the userName.

    A userName counts as an address if it contains @.
    """
    emails = [email for email in user.emails or () if trimmed(email.value or "")]
    primary = [email.value for email in emails if email.primary]
    work = [email.value for email in emails if email.type == "work"]
    user_name = [user.user_name] if user.user_name and "@" in user.user_name else []
    candidates = [*primary, *work, *(email.value for email in emails), *user_name]
    return next(iter(candidates), None)
