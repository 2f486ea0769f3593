"""How does a form make a token? It says what becomes of earlier ones, and when the new one ends."""

from api.admin.tokens import NewToken, TokenChoices, create_token, rotate_token
from api.console.forms import Form
from api.console.visit import Visit

LIFETIMES = {"90": "In 90 days", "180": "In 180 days", "365": "In a year"}
"""Days after which a new token may end. Without any, it does not."""

DAY = 24 * 3_600_000_000
"""Microseconds."""


async def make_token(visit: Visit, connection_id: str) -> NewToken:
    """Make the token that the form of a visit asks for.

    :raises ApiError: what ``create_token`` and ``rotate_token`` raise.
    """
    choices = _choices_in(visit.form, visit.it.clock())
    match visit.form.text("earlier"):
        case "end":
            return await rotate_token(visit.it, visit.actor, connection_id, choices)
        case "keep-newest":
            return await rotate_token(visit.it, visit.actor, connection_id, choices, keep_old=True)
        case _:
            return await create_token(visit.it, visit.actor, connection_id, choices)


def _choices_in(form: Form, now: int) -> TokenChoices:
    days = form.text("days")
    expires_at = now + int(days) * DAY if days in LIFETIMES else None
    return TokenChoices(form.text("name") or None, expires_at)
