"""What is downstream, as far as a batch looks at it? Facts for planning, which follow every plan.

It holds what is loaded, and afterwards what of it has to be written. It does no I/O itself.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from uuid import uuid4

from contracts.identity_changed import IdentityChanged
from contracts.names import name_key
from contracts.portals import PORTALS
from contracts.rules import ChangePolicy
from worker.planning.actions import (
    Action,
    ChangeAccount,
    ChangeDevicePolicy,
    CreateAccount,
    DeviceAction,
    DeviceActionKind,
    LinkAccount,
    Outcome,
    Plan,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
    UnlinkAccount,
    YieldAddress,
)
from worker.planning.changes import Changes, LedgerEntry, Waiting
from worker.planning.facts import (
    Account,
    Address,
    Device,
    Facts,
    IdentityKey,
    SyncRecord,
    key_of_event,
)
from worker.planning.obstacles import email_obstacle, freed_obstacles

LONGEST_LINE = 10
"""Accounts that make way for a claimant, one for the other. Each costs the worker a statement."""


def _random_id() -> str:
    return uuid4().hex


class WorkingSet:
    """Records, accounts, devices, policies and the ledger, as plans leave them.

    ``due`` are the refused identities whose obstacle may be gone, and those that lost their
    account to a successor.
    """

    def __init__(self, new_id: Callable[[], str] = _random_id) -> None:
        self.records: dict[IdentityKey, SyncRecord] = {}
        self.waiting: dict[IdentityKey, Waiting] = {}
        self.accounts: dict[str, Account] = {}
        self.devices: dict[str, Device] = {}
        self.policies: set[tuple[str, str]] = set()
        self.admins: Counter[str] = Counter()
        self.ledger: set[LedgerEntry] = set()
        self.changes = Changes()
        self.due: set[IdentityKey] = set()
        self._new_id = new_id
        self._by_email: dict[str, str] = {}
        self._holders: dict[str, IdentityKey] = {}
        self._assigned: dict[str, set[str]] = {}
        self._done: dict[tuple[IdentityKey, int], set[tuple[str, str]]] = {}

    # --- what is there already ------------------------------------------------------------

    def load_record(self, record: SyncRecord, waiting: Waiting | None = None) -> None:
        """Take in a sync record as it is stored."""
        self.records[record.key] = record
        if record.account_id is not None:
            self._holders[record.account_id] = record.key
        if waiting is not None:
            self.waiting[record.key] = waiting

    def load_account(self, account: Account) -> None:
        """Take in an account as it is stored. Admins are counted elsewhere: see ``admins``."""
        self.accounts[account.id] = account
        if (name := _email_name(account)) is not None:
            self._by_email[name] = account.id

    def load_device(self, device: Device) -> None:
        """Take in a device as it is stored, or as it is now."""
        if (known := self.devices.get(device.id)) is not None and known.assigned_to is not None:
            self._assigned[known.assigned_to].discard(device.id)
        self.devices[device.id] = device
        if device.assigned_to is not None:
            self._assigned.setdefault(device.assigned_to, set()).add(device.id)

    def load_ledger(self, entry: LedgerEntry) -> None:
        """Take in a device action that was done before."""
        self.ledger.add(entry)
        done = self._done.setdefault((entry.key, entry.deactivated_at), set())
        done.add((entry.device_id, entry.kind))

    # --- what is to be loaded beside it ----------------------------------------------------

    def leavers_with_devices(self, events: Iterable[IdentityChanged]) -> list[IdentityChanged]:
        """Return the events with a deactivation that is not applied yet, and may act on devices."""
        return [
            event
            for event in events
            if PORTALS[event.portal].has_devices
            and event.terms.deactivated_at > self.records[key_of_event(event)].deactivated_at
        ]

    def addresses_waited_for(self) -> set[Address]:
        """Return the addresses that accounts take once they have yielded their own ones."""
        return {
            (account.workspace, account.portal.value, name_key(record.waiting_email))
            for record in self.records.values()
            if record.waiting_email is not None
            and (account := self.accounts.get(record.account_id or "")) is not None
        }

    # --- planning -------------------------------------------------------------------------

    def facts_for(self, event: IdentityChanged) -> Facts:
        """Return what planning this event looks at."""
        key = key_of_event(event)
        record = self.records.get(key) or SyncRecord(key)
        account = self.accounts.get(record.account_id or "")
        account_with_email = self._named(event, event.profile.email)
        newest = self._named(event, event.profile.waiting_email or event.profile.email)
        line, last = self._line(account_with_email, account)
        return Facts(
            record=record,
            new_account_id=self._new_id(),
            account=account,
            account_with_email=account_with_email,
            its_holder=self._undeleted_holder(account_with_email),
            devices=tuple(self._devices_of(account, account_with_email)),
            done=frozenset(self._done.get((key, event.terms.deactivated_at), ())),
            policies=self._named_policy(event),
            admins=self.admins[event.workspace],
            yielding=() if last is not None else tuple(reversed(line)),
            in_its_way=last.email if last is not None and line else None,
            newest_is_taken=newest is not None and newest != account,
        )

    def follow(self, event: IdentityChanged, planned: Plan) -> None:
        """Fold a plan in: whatever is planned next meets the facts after it."""
        if planned.outcome in {Outcome.STALE, Outcome.DUPLICATE}:
            return
        before = self.records.get(planned.record.key)
        for action in planned.actions:
            self._follow_action(event, planned.record.key, action)
        self._put_record(planned.record)
        self.due.discard(planned.record.key)
        self.waiting.pop(planned.record.key, None)
        if planned.refusals:
            self.waiting[planned.record.key] = Waiting(event, planned.refusals)
        self._free_what_others_wait_for(event, before, planned.record)

    # --- facts ----------------------------------------------------------------------------

    def _named(self, event: IdentityChanged, email: str | None) -> Account | None:
        """Return the live account of the event's portal that has an e-mail."""
        if email is None:
            return None
        return self._at(email_obstacle(event.workspace, event.portal, email))

    def _at(self, name: str | None) -> Account | None:
        return self.accounts.get(self._by_email.get(name or "", ""))

    def _line(
        self, first: Account | None, claimant: Account | None = None
    ) -> tuple[list[Account], Account | None]:
        """Return accounts that make way, as they would be then, and the one that does not.

        Each would take the address that the next one has; the last one a free one, or that which
        the claimant leaves.
        """
        line: list[Account] = []
        account = first
        while account is not None and account != claimant:
            yielding = self._yielding(account)
            if yielding is None or yielding in line or len(line) == LONGEST_LINE:
                return line, account
            line.append(yielding)
            account = self._at(_email_name(yielding))
        return line, None

    def _yielding(self, account: Account) -> Account | None:
        """Return an account as it would be having yielded its e-mail; None where it does not."""
        holder = self._undeleted_holder(account)
        waiting = None if holder is None else self.records[holder].waiting_email
        if waiting is None or name_key(waiting) == account.email_key:
            return None
        return replace(account, email=waiting)

    def _undeleted_holder(self, account: Account | None) -> IdentityKey | None:
        holder = None if account is None else self._holders.get(account.id)
        return None if holder is None or self.records[holder].deleted else holder

    def _devices_of(self, *accounts: Account | None) -> Iterable[Device]:
        ids = {account.id for account in accounts if account is not None}
        for account_id in sorted(ids):
            for device_id in sorted(self._assigned.get(account_id, ())):
                if not self.devices[device_id].removed:
                    yield self.devices[device_id]

    def _named_policy(self, event: IdentityChanged) -> frozenset[str]:
        match event.terms.deactivation:
            case ChangePolicy(policy=policy) if (event.workspace, policy) in self.policies:
                return frozenset({policy})
            case _:
                return frozenset()

    # --- following ------------------------------------------------------------------------

    def _follow_action(self, event: IdentityChanged, key: IdentityKey, action: Action) -> None:
        match action:
            case CreateAccount() | ChangeAccount() | RestoreAccount() | RemoveAccount():
                self._put_account(action.account)
            case YieldAddress(account=account):
                self._put_account(account)
            case LinkAccount(account=account):
                self._take_over(account, key)
            case UnlinkAccount(account=account):
                self._put_account(account, held=False)
            case ReleaseDevice() | ChangeDevicePolicy() | RemoveDevice():
                self._put_device(action.device)
                entry = LedgerEntry(
                    key, event.terms.deactivated_at, action.device.id, kind_of(action)
                )
                self.load_ledger(entry)
                self.changes.ledger.append(entry)

    def _put_account(self, account: Account, *, held: bool = True) -> None:
        before = self.accounts.get(account.id)
        self.changes.accounts.setdefault(account.id, before)
        name = None if before is None else _email_name(before)
        if name is not None and self._by_email.get(name) == account.id:
            del self._by_email[name]
        was_admin = before is not None and before.is_admin
        self.admins[account.workspace] += account.is_admin - was_admin
        self.load_account(account)
        self._free(freed_obstacles(before, account, held=held))

    def _put_device(self, device: Device) -> None:
        self.changes.devices.setdefault(device.id, self.devices[device.id])
        self.load_device(device)

    def _put_record(self, record: SyncRecord) -> None:
        before = self.records.get(record.key) or SyncRecord(record.key)
        self.changes.records.setdefault(record.key, before)
        if before.account_id is not None and self._holders.get(before.account_id) == record.key:
            del self._holders[before.account_id]
        self.load_record(record)

    def _take_over(self, account: Account, successor: IdentityKey) -> None:
        """Let a deleted identity, whose deactivation still waits, lose its account."""
        holder = self._holders.get(account.id)
        if holder is not None and holder != successor:
            self._put_record(replace(self.records[holder], account_id=None))
            self.due.add(holder)

    def _free_what_others_wait_for(
        self, event: IdentityChanged, before: SyncRecord | None, after: SyncRecord
    ) -> None:
        """Who was deleted, or yields, keeps the account, but its address no longer from others.

        Whoever waits for the address that it would have taken, or for one that would have made way
        for that, has to look again, too.
        """
        was_waiting = None if before is None else before.waiting_email
        yields = after.waiting_email not in {None, was_waiting}
        account = self.accounts.get(after.account_id or "")
        if account is not None and not account.removed and (yields or _is_deleted(before, after)):
            self._free(freed_obstacles(account, account, held=False))
        if was_waiting is not None and was_waiting != after.waiting_email:
            line, _last = self._line(self._named(event, was_waiting))
            beyond = {_email_name(account) or "" for account in line}
            self._free({email_obstacle(event.workspace, event.portal, was_waiting), *beyond})

    def _free(self, obstacles: Collection[str]) -> None:
        self.changes.freed.update(obstacles)
        if obstacles:
            self.due |= {key for key, it in self.waiting.items() if it.waits_for(obstacles)}


def _is_deleted(before: SyncRecord | None, after: SyncRecord) -> bool:
    return after.deleted and not (before is not None and before.deleted)


def _email_name(account: Account) -> str | None:
    """Return the one name under which a live account's e-mail is found."""
    if account.email is None:
        return None
    return email_obstacle(account.workspace, account.portal, account.email)


def kind_of(action: DeviceAction) -> DeviceActionKind:
    """Return how the ledger names an action."""
    match action:
        case ReleaseDevice():
            return DeviceActionKind.RELEASE
        case ChangeDevicePolicy():
            return DeviceActionKind.CHANGE_POLICY
        case RemoveDevice():
            return DeviceActionKind.REMOVE
