"""What is wrong with a form, and what can be done? A complaint stands above the fields."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.admin.remedies import REMEDIES
from api.console.rule_forms import told_of
from api.errors import ApiError
from contracts.downstream.errors import DownstreamError

FORESEEN = ApiError, DownstreamError
"""The errors of use cases, for ``except``."""

HERE: Mapping[str, str] = {
    "email_exists": "Type another e-mail, or change the account that has this one.",
    "holder_is_active": "Tick the box if the account is to be taken from this person all the same.",
    "policy_exists": "The list has it already. Type another name to make another policy.",
    "policy_in_use": "Put its devices under another policy first.",
    "serial_exists": "Look for the device in the list, or correct the serial number.",
    "unknown_email": "Type the e-mail of a person who has an account on the MDM Portal.",
    "unknown_policy": "Choose a policy of the list, or add this one under Policies first.",
}
"""Remedies that look different on a page than in a program."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error as it is told beside a form; ``field`` is the name of the wrong one, if any."""

    detail: str
    remedy: str
    field: str | None
    status: int


def complaint_of(error: ApiError | DownstreamError) -> Complaint:
    """Return an error as it is told beside a form."""
    remedy = HERE.get(error.code) or REMEDIES[error.code]
    detail = told_of(error) if isinstance(error, ApiError) else str(error)
    return Complaint(detail, remedy, error.field, error.status)
