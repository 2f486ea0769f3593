"""What would events do downstream? A preview plans them as the worker does, and changes nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from contracts.identity_changed import IdentityChanged


class EffectKind(StrEnum):
    """The kinds of effects that an event can have downstream."""

    CREATE = "create"
    ADOPT = "adopt"
    CHANGE = "change"
    RESTORE = "restore"
    REMOVE = "remove"
    UNLINK = "unlink"
    YIELD = "yield"
    RELEASE_DEVICE = "release-device"
    CHANGE_DEVICE_POLICY = "change-device-policy"
    REMOVE_DEVICE = "remove-device"
    REFUSE = "refuse"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class PlannedEffect:
    """One step that events would take downstream, on the account or a device of an identity.

    ``before`` and ``after`` have the fields that differ, and always the account's ``email`` or the
    device's ``serial``; None: there is no such thing then. An action that would be refused has a
    ``before`` that names the refused action and whatever stands in its way, and no ``after``. A
    loss that the brake would hold has a ``before`` that names the held loss and the person's
    address, and no ``after``. ``reason`` is a word for the cause: ``rule``, ``mapping: NAME``,
    ``address``, ``attributes``, ``deactivation``, ``deletion``, ``brake``, or the reason of a
    refusal. All of it but the reason may be personal.
    """

    connection: str
    identity: str
    effect: EffectKind
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str


class Preview(Protocol):
    """Plans events without effects."""

    def of(self, events: AsyncIterator[Sequence[IdentityChanged]]) -> AsyncIterator[PlannedEffect]:
        """Yield the effects of events that are applied after everything that was applied so far.

        The steps come in the order in which they would be taken. A step may undo an earlier one,
        as where an address is passed on; refusals that would remain come last.

        :param events: pages of events. Each identity has one event at most, newer than any before.
        """
        ...
