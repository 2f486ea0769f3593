"""What did plans change, and who waits for what? Plain values that a working set collects."""

from collections.abc import Collection
from dataclasses import dataclass, field

from contracts.identity_changed import IdentityChanged
from worker.planning.actions import DeviceActionKind, Refused
from worker.planning.facts import Account, Device, IdentityKey, SyncRecord


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A device action that a deactivation has had; it never has it again."""

    key: IdentityKey
    deactivated_at: int
    device_id: str
    kind: DeviceActionKind


@dataclass(frozen=True, slots=True)
class Waiting:
    """A refused identity: what is refused, and the event to plan again once that may help."""

    event: IdentityChanged
    refusals: tuple[Refused, ...]

    def waits_for(self, obstacles: Collection[str]) -> bool:
        """Say whether any of these obstacles is in its way."""
        return any(refused.obstacle in obstacles for refused in self.refusals)


@dataclass(slots=True)
class Changes:
    """What the plans so far have changed: each key with the value before the first change."""

    accounts: dict[str, Account | None] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    records: dict[IdentityKey, SyncRecord] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    freed: set[str] = field(default_factory=set)
