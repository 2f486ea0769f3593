"""What holds in every downstream, whatever was delivered and in whatever order?"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace

from contracts.identity_changed import DashboardTerms, IdentityChanged
from contracts.names import comparison_key
from contracts.rules import (
    CreateCollaborator,
    CreateNothing,
    Portal,
    RemoveUser,
    RemoveUserAndDevices,
    Role,
    UnassignDevices,
)
from tests.convergence.directory import WORKSPACE
from tests.drivers.toy_downstream import ToyDownstream
from worker.planning.actions import Outcome, RefusedAction
from worker.planning.facts import Account, IdentityKey, SyncRecord
from worker.planning.obstacles import email_obstacle
from worker.planning.plan import plan

OUTLIVES_DELETION = {RefusedAction.DEACTIVATE, RefusedAction.CHANGE_ROLE}
"""For these a deleted identity holds on to its account, if nobody else wants it."""


def check_published(events: Iterable[IdentityChanged]) -> None:
    """Check that a deactivation is the step from active to inactive or deleted, and named once."""
    before: dict[tuple[str, str], IdentityChanged] = {}
    for event in events:
        key = event.connection, event.identity
        known = before.get(key)
        was = 0 if known is None else known.terms.deactivated_at
        left = known is not None and known.active and not event.active
        assert event.terms.deactivated_at == (event.version if left else was)
        assert known is None or known.version < event.version
        before[key] = event


def check_always(world: ToyDownstream) -> None:
    """Check what holds after every event."""
    live = [account for account in world.accounts.values() if not account.removed]
    assert world.admins[WORKSPACE] == sum(account.is_admin for account in live)
    assert all(account.email is None for account in world.accounts.values() if account.removed)
    held = {record.account_id for record in world.records.values()}
    assert all(account.role is account.own_role for account in live if account.id not in held)
    _nothing_twice([(it.workspace, it.portal, it.email_key) for it in live])
    _nothing_twice(
        [it.account_id for it in world.records.values() if it.account_id and not it.deleted]
    )
    _nothing_twice(world.changes.ledger)


def check_at_rest(world: ToyDownstream, newest: Mapping[IdentityKey, IdentityChanged]) -> None:
    """Check what holds once every newest event was delivered and nobody waits for nothing."""
    assert {key: it.applied_version for key, it in world.records.items()} == {
        key: event.version for key, event in newest.items()
    }
    for key, event in newest.items():
        _check_identity(world, key, event)
    _check_that_nothing_is_left_to_do(world, newest)


def _check_identity(world: ToyDownstream, key: IdentityKey, event: IdentityChanged) -> None:
    refused = {it.action for it in world.refused[key].refusals} if key in world.refused else set()
    record = world.records[key]
    account = world.accounts.get(record.account_id or "")
    if not event.ever_active:
        assert (account, refused) == (None, set())
    if RefusedAction.DEACTIVATE not in refused:
        assert record.deactivated_at == event.terms.deactivated_at
    if account is None or account.removed:
        excused = RefusedAction.PROVIDE_ACCOUNT in refused
        under_nothing = isinstance(event.terms.on_create, CreateNothing)
        assert excused or under_nothing or not event.active
        return
    assert not event.deleted or refused & OUTLIVES_DELETION
    _check_account(account, event, refused, record)
    if not event.active and RefusedAction.DEACTIVATE not in refused:
        _check_leaver(world, account, event)


def _check_account(
    account: Account, event: IdentityChanged, refused: set[RefusedAction], record: SyncRecord
) -> None:
    profile = event.profile
    assert account.groups == event.groups
    assert account.display_name == profile.display_name
    assert account.external_id == profile.external_id
    has_or_will = _has_address(account, event) or _will_have(record, event)
    assert has_or_will or RefusedAction.CHANGE_EMAIL in refused
    role = wanted_role(event)
    assert role in (None, account.role) or RefusedAction.CHANGE_ROLE in refused


def _has_address(account: Account, event: IdentityChanged) -> bool:
    """A protected account keeps its own spelling of the same address."""
    email, waiting = event.profile.email, event.profile.waiting_email
    if waiting is not None and account.email == waiting:
        return not event.active
    if account.made_by == event.connection or account.portal is not Portal.DASHBOARD:
        return account.email == email
    return email is not None and account.email_key == comparison_key(email)


def _will_have(record: SyncRecord, event: IdentityChanged) -> bool:
    """An account that had to make way may find the newest address taken, and waits for a claim."""
    newest = event.profile.waiting_email or event.profile.email
    return not event.active and record.waiting_email == newest


def _check_leaver(world: ToyDownstream, account: Account, event: IdentityChanged) -> None:
    """An account that is live after a deactivation is one that the rule does not remove."""
    owned = [it for it in world.devices.values() if it.assigned_to == account.id]
    match event.terms.deactivation:
        case UnassignDevices():
            assert not owned
        case action:
            assert not isinstance(action, RemoveUser | RemoveUserAndDevices)


def _check_that_nothing_is_left_to_do(
    world: ToyDownstream, newest: Mapping[IdentityKey, IdentityChanged]
) -> None:
    """Whoever can be helped was planned again already; linking under nothing waits for an event.

    The same state once more changes nothing, and no identity waits for its own address.
    """
    for key, event in newest.items():
        before = world.refused.get(key)
        planned = world.replan(event)
        if before is None and isinstance(event.terms.on_create, CreateNothing):
            continue
        assert planned.actions == ()
        assert (planned.outcome is Outcome.REFUSED) == (before is not None)
        again = plan(world.facts_for(later := _resynced(event)), later)
        assert again == replace(
            planned, record=replace(planned.record, applied_version=later.version)
        )
        assert not {it.obstacle for it in again.refusals} & _own_addresses(world, key)


def _resynced(event: IdentityChanged) -> IdentityChanged:
    return event.model_copy(update={"version": event.version + 1})


def _own_addresses(world: ToyDownstream, key: IdentityKey) -> set[str]:
    account = world.accounts.get(world.records[key].account_id or "")
    if account is None or account.email is None:
        return set()
    return {email_obstacle(account.workspace, account.portal, account.email)}


def wanted_role(event: IdentityChanged) -> Role | None:
    """Return the role that the rules name, None where it is the one that was found."""
    if not isinstance(event.terms, DashboardTerms):
        return None
    mapped = Role.highest(line.role for line in event.terms.role_lines)
    match event.terms.on_create:
        case CreateCollaborator(role=role):
            return mapped or role
        case CreateNothing():
            return mapped


def _nothing_twice(things: Iterable[Hashable]) -> None:
    counted = Counter(things)
    assert not [thing for thing, count in counted.items() if count > 1]
