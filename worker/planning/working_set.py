"""What does a batch know of downstream? A working set holds facts, which every plan changes.

Facts are loaded into the set before planning, and its changes are saved after it. The working set
does no I/O itself.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from secrets import token_hex

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
from worker.planning.changes import Changes, LedgerEntry, RefusedIdentity
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
from worker.planning.roles import may_make_admin

LONGEST_YIELD_CHAIN = 10
"""Accounts that yield to each other for one claimant. Each costs the worker a statement."""


def _random_id() -> str:
    return token_hex(16)


class WorkingSet:
    """Records, accounts, devices, policies and the ledger, as they are after the plans so far.

    ``due`` are the refused identities whose obstacle may be gone, and those whose account another
    identity has taken over.
    """

    def __init__(self, new_id: Callable[[], str] = _random_id) -> None:
        self.records: dict[IdentityKey, SyncRecord] = {}
        self.refused: dict[IdentityKey, RefusedIdentity] = {}
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
        self._waiting: dict[str, set[IdentityKey]] = {}
        self._done: dict[tuple[IdentityKey, int], set[tuple[str, str]]] = {}

    # --- loading --------------------------------------------------------------------------

    def load_record(self, record: SyncRecord, refused: RefusedIdentity | None = None) -> None:
        """Add a sync record as stored, with its refusals if there are any."""
        self.records[record.key] = record
        if record.account_id is not None:
            self._holders[record.account_id] = record.key
        if refused is not None:
            self._put_refusals(record.key, refused)

    def load_account(self, account: Account) -> None:
        """Add an account as stored. ``admins`` is counted apart."""
        self.accounts[account.id] = account
        if (obstacle := email_obstacle_of(account)) is not None:
            self._by_email[obstacle] = account.id

    def load_device(self, device: Device) -> None:
        """Add a device as stored, or replace it by its present state."""
        if (known := self.devices.get(device.id)) is not None and known.assigned_to is not None:
            self._assigned[known.assigned_to].discard(device.id)
        self.devices[device.id] = device
        if device.assigned_to is not None:
            self._assigned.setdefault(device.assigned_to, set()).add(device.id)

    def load_ledger(self, entry: LedgerEntry) -> None:
        """Add a device action that was taken before."""
        self.ledger.add(entry)
        done = self._done.setdefault((entry.key, entry.deactivated_at), set())
        done.add((entry.device_id, entry.kind))

    _index_record, _index_account, _index_device = load_record, load_account, load_device
    """Facts that a plan has changed are found like loaded ones, however a subclass loads."""

    # --- facts to load next ---------------------------------------------------------------

    def accounts_without_known_holder(self) -> Collection[str]:
        """Return the accounts whose holders are still to be loaded, if they have any."""
        return self.accounts.keys() - self._holders.keys()

    def owners_of_devices(self) -> Collection[str]:
        """Return the loaded accounts of portals with devices."""
        return [it.id for it in self.accounts.values() if PORTALS[it.portal].has_devices]

    def holder_of(self, account_id: str) -> IdentityKey | None:
        """Return the identity that holds an account, deleted or not."""
        return self._holders.get(account_id)

    def leavers_with_devices(self, events: Iterable[IdentityChanged]) -> list[IdentityChanged]:
        """Return the events on portals with devices whose deactivation is still to be applied."""
        return [
            event
            for event in events
            if PORTALS[event.portal].has_devices
            and event.terms.deactivated_at > self.records[key_of_event(event)].deactivated_at
        ]

    def workspaces_of_admins(self, events: Iterable[IdentityChanged]) -> set[str]:
        """Return the workspaces of events in which the plans may ask for the number of Admins.

        A plan asks for it where an account is an Admin's. Such an account was loaded, or becomes
        an Admin's by an event.
        """
        workspaces = {it.workspace for it in events if PORTALS[it.portal].counts_admins}
        if not workspaces:
            return workspaces
        made = {it.workspace for it in events if may_make_admin(it)}
        there = {it.workspace for it in self.accounts.values() if it.may_be_admin}
        return workspaces & (made | there)

    def waiting_addresses(self) -> set[Address]:
        """Return the addresses that accounts take once they yield their own."""
        return {
            (account.workspace, account.portal.value, name_key(record.waiting_email))
            for record in self.records.values()
            if record.waiting_email is not None
            and (account := self.accounts.get(record.account_id or "")) is not None
        }

    # --- planning -------------------------------------------------------------------------

    def facts_for(self, event: IdentityChanged) -> Facts:
        """Return the facts for planning this event."""
        key = key_of_event(event)
        record = self.records.get(key) or SyncRecord(key)
        account = self.accounts.get(record.account_id or "")
        account_with_email = newest = self._account_with_email(event, event.profile.email)
        if event.profile.waiting_email is not None:
            newest = self._account_with_email(event, event.profile.waiting_email)
        chain, blocking = self._yield_chain(account_with_email, account)
        return Facts(
            record=record,
            new_account_id=self._new_id() if account is None else account.id,
            account=account,
            account_with_email=account_with_email,
            its_holder=self._undeleted_holder(account_with_email),
            devices=tuple(self._devices_of(account, account_with_email)) if self.devices else (),
            done=frozenset(self._done.get((key, event.terms.deactivated_at), ())),
            policies=self._known_policy(event),
            admins=self.admins[event.workspace],
            yielding=() if blocking is not None else tuple(reversed(chain)),
            blocking_email=blocking.email if blocking is not None and chain else None,
            newest_is_taken=newest is not None and newest is not account,
        )

    def apply_plan(self, event: IdentityChanged, planned: Plan) -> None:
        """Change the facts by a plan, for the plans after it."""
        if planned.outcome in {Outcome.STALE, Outcome.DUPLICATE}:
            return
        before = self.records.get(planned.record.key)
        held = None if before is None else self.accounts.get(before.account_id or "")
        for action in planned.actions:
            self._apply_action(event, planned.record.key, action)
        self._put_record(planned.record)
        self.due.discard(planned.record.key)
        if planned.refusals:
            self._put_refusals(planned.record.key, RefusedIdentity(event, planned.refusals))
        elif planned.record.key in self.refused:
            self._end_refusals(planned.record.key)
        self._free_addresses(event, before, planned.record, held)

    # --- facts ----------------------------------------------------------------------------

    def _account_with_email(self, event: IdentityChanged, email: str | None) -> Account | None:
        """Return the live account of the event's portal that has an e-mail."""
        if email is None:
            return None
        return self._account_at(email_obstacle(event.workspace, event.portal, email))

    def _account_at(self, obstacle: str | None) -> Account | None:
        """Return the live account behind the obstacle of an e-mail."""
        return self.accounts.get(self._by_email.get(obstacle or "", ""))

    def _yield_chain(
        self, first: Account | None, claimant: Account | None = None
    ) -> tuple[list[Account], Account | None]:
        """Return the accounts that yield, each with its next address, and the account that blocks.

        Each account takes the address of the next one. The last takes a free address, or the one
        that the claimant leaves; then no account blocks the chain.
        """
        chain: list[Account] = []
        account = first
        while account is not None and account is not claimant:
            yielding = self._yielding(account)
            if yielding is None or yielding in chain or len(chain) == LONGEST_YIELD_CHAIN:
                return chain, account
            chain.append(yielding)
            account = self._account_at(email_obstacle_of(yielding))
        return chain, None

    def _yielding(self, account: Account) -> Account | None:
        """Return an account with the address that it takes if it yields; None if it does not."""
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

    def _known_policy(self, event: IdentityChanged) -> frozenset[str]:
        """Return the policy that the event's deactivation names, if the workspace has it."""
        match event.terms.deactivation:
            case ChangePolicy(policy=policy) if (event.workspace, policy) in self.policies:
                return frozenset({policy})
            case _:
                return frozenset()

    # --- changing -------------------------------------------------------------------------

    def _apply_action(self, event: IdentityChanged, key: IdentityKey, action: Action) -> None:
        match action:
            case CreateAccount() | ChangeAccount() | RestoreAccount() | RemoveAccount():
                self._put_account(action.account)
            case YieldAddress(account=account):
                self._put_account(account)
            case LinkAccount(account=account):
                self._unlink_former_holder(account, key)
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
        obstacle = None if before is None else email_obstacle_of(before)
        if obstacle is not None and self._by_email.get(obstacle) == account.id:
            del self._by_email[obstacle]
        was_admin = before is not None and before.is_admin
        self.admins[account.workspace] += account.is_admin - was_admin
        self._index_account(account)
        self._free(freed_obstacles(before, account, held=held))

    def _put_device(self, device: Device) -> None:
        self.changes.devices.setdefault(device.id, self.devices[device.id])
        self._index_device(device)

    def _put_record(self, record: SyncRecord) -> None:
        before = self.records.get(record.key) or SyncRecord(record.key)
        self.changes.records.setdefault(record.key, before)
        if before.account_id is not None and self._holders.get(before.account_id) == record.key:
            del self._holders[before.account_id]
        self._index_record(record)

    def _put_refusals(self, key: IdentityKey, refused: RefusedIdentity) -> None:
        """Add the refusals of an identity, which is found by their obstacles, or replace them."""
        self._end_refusals(key)
        self.refused[key] = refused
        for obstacle in refused.obstacles:
            self._waiting.setdefault(obstacle, set()).add(key)

    def _end_refusals(self, key: IdentityKey) -> None:
        if (before := self.refused.pop(key, None)) is not None:
            for obstacle in before.obstacles:
                self._waiting[obstacle].discard(key)

    def _unlink_former_holder(self, account: Account, successor: IdentityKey) -> None:
        """Unlink a deleted identity, whose deactivation is refused, from an account taken over."""
        holder = self._holders.get(account.id)
        if holder is not None and holder != successor:
            self._put_record(replace(self.records[holder], account_id=None))
            self.due.add(holder)

    def _free_addresses(
        self,
        event: IdentityChanged,
        before: SyncRecord | None,
        after: SyncRecord,
        held: Account | None,
    ) -> None:
        """Free the addresses that an identity no longer keeps from others.

        A deleted or yielding identity may keep its account, but another identity may claim its
        address. After a change of the waiting e-mail, or once the account has another address, the
        former one is free again, and so are the addresses of the accounts that would have yielded
        for it. ``held`` is the account that the identity held before.
        """
        was_waiting = None if before is None else before.waiting_email
        yields = after.waiting_email not in {None, was_waiting}
        account = self.accounts.get(after.account_id or "")
        if account is not None and not account.removed and (yields or _is_deleted(before, after)):
            self._free(freed_obstacles(account, account, held=False))
        moved = held is not None and held.email_key != self.accounts[held.id].email_key
        if was_waiting is not None and (moved or was_waiting != after.waiting_email):
            chain, _blocking = self._yield_chain(self._account_with_email(event, was_waiting))
            next_addresses = {email_obstacle_of(account) or "" for account in chain}
            former = email_obstacle(event.workspace, event.portal, was_waiting)
            self._free({former, *next_addresses})

    def _free(self, obstacles: Collection[str]) -> None:
        self.changes.freed.update(obstacles)
        for obstacle in obstacles:
            self.due |= self._waiting.get(obstacle, frozenset())


def _is_deleted(before: SyncRecord | None, after: SyncRecord) -> bool:
    return after.deleted and not (before is not None and before.deleted)


def email_obstacle_of(account: Account) -> str | None:
    """Return the obstacle that a live account with an e-mail is to other accounts."""
    if account.email is None:
        return None
    return email_obstacle(account.workspace, account.portal, account.email)


def kind_of(action: DeviceAction) -> DeviceActionKind:
    """Return the kind of a device action."""
    match action:
        case ReleaseDevice():
            return DeviceActionKind.RELEASE
        case ChangeDevicePolicy():
            return DeviceActionKind.CHANGE_POLICY
        case RemoveDevice():
            return DeviceActionKind.REMOVE
