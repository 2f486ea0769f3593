"""How do operators see devices? Each device is listed with the e-mail of its owner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as operators see it; ``assigned_to`` is the e-mail of an account."""

    serial: str
    policy: str | None
    assigned_to: str | None
    removed: bool = False
