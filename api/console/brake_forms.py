"""How does a brake look on a form and in words? Number and share have a field each. Pure."""

from dataclasses import dataclass

from api.console.forms import Form
from api.console.words import people, percent
from api.directory.brake_limits import OFF, STANDARD, BrakeLimit, limit_in


@dataclass(frozen=True, slots=True)
class BrakeFields:
    """The fields of a brake as they were filled in, which may be wrong."""

    is_on: bool
    number: str
    share: str

    @property
    def brake(self) -> str:
        """Return the brake in the words of use cases, unjudged."""
        return f"{self.number}:{self.share}" if self.is_on else OFF


def fields_of(brake: str) -> BrakeFields:
    """Return the fields that show a brake. A brake that is off offers the standard limit."""
    number, _, share = (STANDARD if brake == OFF else brake).partition(":")
    return BrakeFields(brake != OFF, number, share)


def brake_in(form: Form) -> BrakeFields:
    """Return the brake that was filled in by ``brake_fields`` or ``brake_hidden``."""
    is_on = form.text("brake_kind") != OFF
    return BrakeFields(is_on, form.text("brake_number"), form.text("brake_share"))


def told_limit(limit: BrakeLimit | None) -> str:
    """Return how many people may leave, in a few words."""
    if limit is None:
        return "Off"
    share = f", or {percent(limit.share)} of all if that is more" if limit.share else ""
    return f"{people(limit.number)} an hour{share}"


def told_brake(brake: str) -> str:
    """Return what a brake does, in sentences."""
    limit = limit_in(brake)
    if limit is None:
        return "Off: however many people the provider deactivates, they leave at once."
    comma = "," if limit.share else ""
    return f"Up to {told_limit(limit)}{comma} may leave. The others are held until you decide."
