"""How do operators see devices? By serial number, with the e-mail of the owner."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListedDevice:
    """A device as operators see it; ``assigned_to`` is an e-mail."""

    serial: str
    policy: str | None
    assigned_to: str | None
    removed: bool = False
