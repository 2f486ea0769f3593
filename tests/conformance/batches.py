"""How does a batch meet a platform? Its records are known, it loads facts and saves effects."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from contracts.identity_changed import IdentityChanged
from contracts.rules import RemoveUser
from tests.conformance.platforms import PlatformUnderTest
from tests.drivers.people import joiner, left, mdm
from worker.planning.actions import Action, Outcome, Plan
from worker.planning.facts import Account, IdentityKey, SyncRecord, key_of_event
from worker.planning.working_set import WorkingSet
from worker.platforms.port import Platform

RULES = mdm(RemoveUser())


@dataclass(frozen=True, slots=True)
class Batch:
    """Events, with what sync knows of their identities and of those that hold other accounts."""

    events: list[IdentityChanged] = field(default_factory=list)
    records: list[SyncRecord] = field(default_factory=list)
    holders: list[SyncRecord] = field(default_factory=list)

    def add(
        self, event: IdentityChanged, *, holds: str | None = None, deactivated_at: int = 0
    ) -> "Batch":
        """Take an event in, with the account that its identity holds."""
        record = SyncRecord(key_of_event(event), 0, deactivated_at, account_id=holds)
        self.events.append(event)
        self.records.append(record)
        return self

    def held_by_another(self, account_id: str, waiting_email: str) -> "Batch":
        """Let an identity beyond the batch hold an account, which would yield its e-mail."""
        record = SyncRecord(IdentityKey("okta", f"holder of {account_id}"), account_id=account_id)
        self.holders.append(replace(record, waiting_email=waiting_email))
        return self

    async def load(self, platform: Platform) -> WorkingSet:
        """Load all facts, in the order in which they are locked."""
        working_set = WorkingSet()
        await platform.make_workspaces(self.events)
        await platform.lock_workspaces(self.events)
        for record in self.records:
            working_set.load_record(record)
        await platform.load_accounts(working_set, self.events)
        for holder in self.holders:
            working_set.load_record(holder)
        if addresses := working_set.waiting_addresses():
            await platform.load_accounts_at(working_set, addresses)
        await platform.load_related(working_set, self.events)
        return working_set


async def facts_for(platform: PlatformUnderTest, batch: Batch) -> WorkingSet:
    """Return what is loaded for a batch that changes nothing."""
    async with platform.transaction() as opened:
        return await batch.load(opened)


async def save(
    platform: PlatformUnderTest, known: Sequence[Account], *actions: Action
) -> WorkingSet:
    """Load accounts with their devices, follow actions, and save; return what is loaded then."""
    async with platform.transaction() as opened:
        return await save_within(opened, known, *actions)


async def save_within(platform: Platform, known: Sequence[Account], *actions: Action) -> WorkingSet:
    """Do the same in an open transaction."""
    batch = Batch()
    for account in known:
        batch.add(left(joiner(RULES, None, account.id), RULES), holds=account.id)
    working_set = await batch.load(platform)
    event = left(joiner(RULES, None, "someone"), RULES)
    record = SyncRecord(key_of_event(event))
    working_set.apply_plan(event, Plan(Outcome.APPLIED, record, actions))
    await platform.save(working_set, now=1)
    return working_set
