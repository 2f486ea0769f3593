"""How is a plan built? A builder collects actions and keeps the facts up to date with them."""

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from worker.planning.actions import (
    AccountAction,
    Action,
    DeviceAction,
    DeviceActionKind,
    Outcome,
    Plan,
    Reason,
    Refused,
    RefusedAction,
    UnlinkAccount,
    YieldAddress,
)
from worker.planning.facts import Account, Device, Facts, SyncRecord
from worker.planning.obstacles import email_obstacle
from worker.planning.roles import keeps_email


class PlanBuilder:
    """An unfinished plan, with the facts as they will be after its actions so far."""

    def __init__(self, facts: Facts, event: IdentityChanged) -> None:
        self.facts = facts
        self.event = event
        self.account = facts.account
        self.other_has_yielded = False
        self.deactivated_at = facts.record.deactivated_at
        self.admins = facts.admins
        self.devices = {device.id: device for device in facts.devices}
        self.actions: list[Action] = []
        self.refusals: dict[RefusedAction, Refused] = {}

    @property
    def live(self) -> Account | None:
        """The account that the identity holds, unless it is removed."""
        return None if self.account is None or self.account.removed else self.account

    @property
    def is_unknown_leaver(self) -> bool:
        """Return whether the directory has lost a deactivation of the identity.

        Deactivations come from the directory only: a deactivation that it does not know was lost
        there. Only a change of the user by the provider, not of a group, reactivates an identity.
        """
        told_at, left_at = self.event.told_at, self.facts.record.deactivated_at
        return told_at is not None and left_at > max(told_at, self.event.terms.deactivated_at)

    @property
    def other_account(self) -> Account | None:
        """The live account with the e-mail of the event, unless the identity holds it."""
        found = None if self.other_has_yielded else self.facts.account_with_email
        is_own = self.account is not None and found is not None and found.id == self.account.id
        return None if is_own else found

    @property
    def is_last_admin(self) -> bool:
        """Return whether the identity holds the only Admin of the workspace."""
        return self.account is not None and self.account.is_admin and self.admins <= 1

    def let_other_yield(self) -> bool:
        """Let the accounts of the yield chain free the e-mail; return False where they may not."""
        if not (self.facts.yielding and self.event.active):
            return False
        self.actions.extend(map(YieldAddress, self.facts.yielding))
        self.other_has_yielded = True
        return True

    def email_obstacle(self, email: str) -> str:
        """Return the obstacle to an e-mail that another account has."""
        blocking = self.facts.blocking_email if self.event.active else None
        return email_obstacle(self.event.workspace, self.event.portal, blocking or email)

    @property
    def has_yielded(self) -> bool:
        """Return whether the account has yielded its e-mail since the deactivation.

        The last plan since the deactivation either gave the account this e-mail or refused it. An
        account that lacks the e-mail without a refusal has therefore yielded it.
        """
        record, email = self.facts.record, self.event.profile.email
        if self.event.active or self.live is None or email is None or record.email_refused:
            return False
        was_planned = record.applied_version >= self.event.terms.deactivated_at
        return was_planned and name_key(email) != self.live.email_key

    @property
    def newest_email(self) -> str | None:
        """Return the address that the provider sent last, if the account may have to take it."""
        profile = self.event.profile
        return profile.waiting_email or (profile.email if self.has_yielded else None)

    def put(self, action: AccountAction | UnlinkAccount) -> None:
        """Add an action, and take the account over from it."""
        before = self.account.is_admin if self.account is not None else False
        self.admins += action.account.is_admin - before
        self.account = action.account
        self.actions.append(action)

    def refuse(self, action: RefusedAction, reason: Reason, obstacle: str | None = None) -> None:
        """Add a refusal in place of an action."""
        self.refusals[action] = Refused(action, reason, obstacle)

    def assigned_devices(self) -> list[Device]:
        """Return the devices of the account, by serial number."""
        account = self.account.id if self.account is not None else None
        assigned = [d for d in self.devices.values() if d.assigned_to == account and not d.removed]
        return sorted(assigned, key=lambda device: device.serial)

    def act_on(self, device: Device, kind: DeviceActionKind, action: DeviceAction) -> None:
        """Add a device action, unless this deactivation has taken it already."""
        if (device.id, kind) not in self.facts.done:
            self.actions.append(action)

    def plan(self) -> Plan:
        """Return the finished plan."""
        record = SyncRecord(
            self.facts.record.key,
            applied_version=max(self.event.version, self.facts.record.applied_version),
            deactivated_at=self.deactivated_at,
            account_id=None if self.account is None else self.account.id,
            deleted=self.event.deleted,
            waiting_email=self._waiting_email(),
            email_refused=RefusedAction.CHANGE_EMAIL in self.refusals,
        )
        refusals = tuple(self.refusals.values())
        outcome = Outcome.REFUSED if refusals else Outcome.APPLIED
        return Plan(outcome, record, tuple(self.actions), refusals)

    def _waiting_email(self) -> str | None:
        """Return the address that the account takes once its own is claimed, None if it may not."""
        event = self.event
        if event.active or event.deleted:
            return None
        account = self.live
        if account is None or keeps_email(account, event):
            return None
        return self.newest_email
