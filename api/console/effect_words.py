"""How is told what a preview finds held or refused? Each effect has a sentence. Pure."""

from collections.abc import Mapping
from typing import Any

from api.console.words import label, shortened

LOSSES = {
    "deactivation": "The leaving is held.",
    "admin-role": "The loss of the Admin role is held.",
    "device": "The loss of devices is held.",
}
"""Sentences for losses that the brake holds; a test holds them to be complete."""

REFUSALS = {
    "provide_account": "No account is created or linked.",
    "change_email": "The e-mail stays as it is.",
    "change_role": "The role stays as it is.",
    "deactivate": "The leaving is not carried out.",
}
"""Sentences for refused actions; a test holds them to be complete."""

LONGEST = 80
"""Characters of a name."""


def holder_in(effect: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the connection and the id of the person whose account is in the way, if one is."""
    connection, identity = effect.get("connection"), effect.get("held_by")
    return (connection, identity) if connection and identity else None


def told_loss(before: Mapping[str, Any]) -> str:
    """Return the sentence for a loss that the brake would hold."""
    return LOSSES.get(before["held"]) or f"{label(before['held'])}."


def told_refusal(before: Mapping[str, Any], holder: str | None) -> str:
    """Return the sentences for a refused action, and for its obstacle.

    :param holder: the userName of the person who holds the address; None: it is not known.
    """
    action = before["refused"]
    told = REFUSALS.get(action) or f"{label(action)}."
    if holder_in(before) is not None:
        whose = "somebody" if not holder else shortened(holder, LONGEST)
        told += f" The address belongs to {whose} of {before['connection']}."
    if before.get("policy"):
        told += f" There is no policy “{shortened(before['policy'], LONGEST)}”."
    return told
