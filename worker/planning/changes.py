"""What did plans change, and which are refused? A working set collects both as plain values."""

from dataclasses import dataclass, field

from contracts.identity_changed import IdentityChanged
from worker.planning.actions import DeviceActionKind, Refused
from worker.planning.facts import Account, Device, IdentityKey, SyncRecord


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A device action that a deactivation has taken, and never takes again."""

    key: IdentityKey
    deactivated_at: int
    device_id: str
    kind: DeviceActionKind


@dataclass(frozen=True, slots=True)
class RefusedIdentity:
    """The refusals of an identity, and the event to plan again once an obstacle is gone."""

    event: IdentityChanged
    refusals: tuple[Refused, ...]

    @property
    def obstacles(self) -> frozenset[str]:
        """Return the obstacles of the refusals."""
        return frozenset(it.obstacle for it in self.refusals if it.obstacle is not None)


@dataclass(slots=True)
class Changes:
    """The changes of the plans so far: each key with the value before its first change."""

    accounts: dict[str, Account | None] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    records: dict[IdentityKey, SyncRecord] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)
    freed: set[str] = field(default_factory=set)
