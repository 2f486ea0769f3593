"""How does downstream look once effects are taken? They are followed on what people see of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.downstream.preview import EffectKind, PlannedEffect
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.facts import IdentityKey


@dataclass(eq=False, slots=True)
class SeenAccount:
    """A live account, and the identity that holds it."""

    fields: dict[str, Any]
    holder: IdentityKey | None


@dataclass(eq=False, slots=True)
class SeenDevice:
    """A live device, and the account to which it is assigned."""

    policy: str | None
    assigned_to: SeenAccount | None


@dataclass(slots=True)
class Seen:
    """Live accounts, and live devices by serial number."""

    accounts: list[SeenAccount] = field(default_factory=list)
    devices: dict[str, SeenDevice] = field(default_factory=dict)

    @property
    def picture(self) -> tuple[list[Any], list[Any]]:
        """Return all of it in an order that is always the same."""
        accounts = [sorted(it.fields.items()) for it in self.accounts]
        devices = [
            (serial, it.policy, None if it.assigned_to is None else it.assigned_to.fields["email"])
            for serial, it in self.devices.items()
        ]
        return sorted(accounts, key=str), sorted(devices, key=str)

    def follow(self, effects: Iterable[PlannedEffect]) -> None:
        """Take some effects."""
        for effect in effects:
            self._take(effect)

    def _take(self, effect: PlannedEffect) -> None:
        key = IdentityKey(effect.connection, effect.identity)
        before, after = effect.before or {}, effect.after or {}
        match effect.effect:
            case EffectKind.CREATE | EffectKind.RESTORE:
                assert effect.before is None
                self.accounts.append(SeenAccount(dict(after), key))
            case EffectKind.REMOVE:
                assert effect.after is None
                self.accounts.remove(self._account(before, key))
            case EffectKind.CHANGE | EffectKind.YIELD:
                self._account(before, key).fields.update(after)
            case EffectKind.ADOPT:
                self._account({"email": before["email"]}, None).holder = key
            case EffectKind.UNLINK:
                account = self._account(_without_connection(before), key)
                account.fields.update(_without_connection(after))
                account.holder = None
            case EffectKind.RELEASE_DEVICE:
                self.devices[before["serial"]].assigned_to = None
            case EffectKind.CHANGE_DEVICE_POLICY:
                self.devices[before["serial"]].policy = after["policy"]
            case EffectKind.REMOVE_DEVICE:
                del self.devices[before["serial"]]
            case EffectKind.REFUSE | EffectKind.HOLD:
                pass

    def _account(self, shown: Mapping[str, Any], holder: IdentityKey | None) -> SeenAccount:
        """Return the account with these fields: the holder's, where two have one address."""
        found = [it for it in self.accounts if shown.items() <= it.fields.items()]
        return next((it for it in found if it.holder == holder), found[0])


def _without_connection(shown: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name != "connection"}


def seen_of(world: ToyDownstream) -> Seen:
    """Return what people see of a downstream."""
    accounts = {
        it.id: SeenAccount(
            {
                "email": it.email,
                "role": it.role,
                "own_role": it.own_role,
                "groups": list(it.groups),
                "display_name": it.display_name,
                "given_name": it.given_name,
                "family_name": it.family_name,
                "external_id": it.external_id,
            },
            world.holder_of(it.id),
        )
        for it in world.accounts.values()
        if not it.removed
    }
    devices = {
        it.serial: SeenDevice(it.policy, accounts.get(it.assigned_to or ""))
        for it in world.devices.values()
        if not it.removed
    }
    return Seen([*accounts.values()], devices)


def refusals_of(effects: Iterable[PlannedEffect]) -> set[tuple[str, str, str, str]]:
    """Return the refusals among some effects."""
    return {
        (it.connection, it.identity, it.before["refused"], it.reason)
        for it in effects
        if it.effect is EffectKind.REFUSE and it.before is not None
    }
