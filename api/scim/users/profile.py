"""What does a SCIM User say that matters downstream? Pure."""

from api.directory.identity_changes import SeenUser
from api.scim.protocol.resources import ScimUser
from contracts.identity_changed import Profile
from contracts.names import trimmed


def seen(user: ScimUser, *, active: bool = True) -> SeenUser:
    """Return what is to be known of a user downstream; what is empty or blank counts as missing.

    :param active: what a user is that does not say it.
    """
    name = user.name
    given, family = (name and name.given_name) or "", (name and name.family_name) or ""
    called = (user.display_name or "", (name and name.formatted) or "", f"{given} {family}")
    return SeenUser(
        active=active if user.active is None else user.active,
        profile=Profile(
            user_name=user.user_name or "",
            email=_email_of(user),
            display_name=next(filter(trimmed, called), None),
            given_name=given,
            family_name=family,
            external_id=user.external_id or None,
        ),
        role_names=tuple(filter(None, (trimmed(role.value or "") for role in user.roles or ()))),
    )


def _email_of(user: ScimUser) -> str | None:
    """Primary, else the first of type work, else the first, else a userName that contains @."""
    emails = [email for email in user.emails or () if trimmed(email.value or "")]
    primary = [email.value for email in emails if email.primary]
    work = [email.value for email in emails if email.type == "work"]
    user_name = [user.user_name] if user.user_name and "@" in user.user_name else []
    candidates = [*primary, *work, *(email.value for email in emails), *user_name]
    return next(iter(candidates), None)
