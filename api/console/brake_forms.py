"""How does a brake look on a form and in words? A number and a share have a field each. Pure."""

from api.console.forms import Form
from api.directory.brake_limits import OFF, STANDARD, limit_in

ON = "on"


def brake_in(form: Form) -> str:
    """Return the brake that a form has, by the fields of ``brake_fields`` or as one hidden text.

    :raises UnusableBrake: when that is no brake.
    """
    brake = form.text("brake") or STANDARD
    if form.is_set("brake_kind"):
        limit = f"{form.text('brake_number')}:{form.text('brake_share')}"
        brake = limit if form.text("brake_kind") == ON else OFF
    limit_in(brake)
    return brake


def told_brake(brake: str) -> str:
    """Return what a brake does, in a sentence."""
    limit = limit_in(brake)
    if limit is None:
        return "The brake is off: everybody leaves whom the provider deactivates."
    share = f", or {limit.share} % of all if that is more," if limit.share else ""
    return f"Up to {limit.number:,} people{share} may leave within an hour. The others are held."
