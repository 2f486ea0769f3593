"""How does downstream differ from the newest events? Plans that are not saved show the drift."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import compress
from typing import assert_never

from contracts.identity_changed import IdentityChanged
from worker.dialects import DownstreamDatabase
from worker.load_facts import load_facts
from worker.planning.actions import (
    Action,
    ChangeAccount,
    ChangeDevicePolicy,
    CreateAccount,
    LinkAccount,
    ReleaseDevice,
    RemoveAccount,
    RemoveDevice,
    RestoreAccount,
    UnlinkAccount,
    YieldAddress,
)
from worker.planning.facts import Account, Facts, key_of_event
from worker.planning.plan import replan
from worker.planning.working_set import WorkingSet
from worker.platforms.sql.platform import SqlPlatform
from worker.sync.store import SyncStore

MAX_LOCKED_IDENTITIES = 200
"""Identities in one transaction, so that other transactions wait briefly for their locks."""

IGNORED_FIELDS = frozenset({"own_role"})
"""Fields that are no drift: the own role follows the rule at the next event."""


@dataclass(frozen=True, slots=True)
class PlannedAssertions:
    """The Assertions of the stored state. An identity that a worker has locked shows no drift."""

    database: DownstreamDatabase

    async def differences(self, events: Sequence[IdentityChanged]) -> Sequence[Sequence[str]]:
        """Return the names of the fields that differ downstream for each event, in order."""
        found: list[Sequence[str]] = []
        for start in range(0, len(events), MAX_LOCKED_IDENTITIES):
            found += await self._page(events[start : start + MAX_LOCKED_IDENTITIES])
        return found

    async def _page(self, events: Sequence[IdentityChanged]) -> Sequence[Sequence[str]]:
        """Return the differences of as many events as one transaction may lock."""
        working_set = WorkingSet()
        async with self.database.write() as db:
            sync, platform = SyncStore(db), SqlPlatform(db)
            await sync.lock_due_records(working_set, map(key_of_event, events))
            applied = [_is_applied(working_set, event) for event in events]
            await load_facts(working_set, sync, platform, list(compress(events, applied)))
        return [
            differences_of(working_set.facts_for(event), event) if was_applied else ()
            for event, was_applied in zip(events, applied, strict=True)
        ]


def differences_of(facts: Facts, event: IdentityChanged) -> Sequence[str]:
    """Return the names of the fields that applying an event once more would change. Pure."""
    planned = replan(facts, event)
    return sorted({name for action in planned.actions for name in _names(facts.account, action)})


def _is_applied(working_set: WorkingSet, event: IdentityChanged) -> bool:
    record = working_set.records.get(key_of_event(event))
    return record is not None and record.applied_version == event.version


def _names(before: Account | None, action: Action) -> Sequence[str]:
    """Return the names of the fields that an action changes."""
    match action:
        case ChangeAccount(account=after):
            return [
                field.name
                for field in fields(Account)
                if field.name not in IGNORED_FIELDS
                and getattr(before, field.name, None) != getattr(after, field.name)
            ]
        case YieldAddress():
            return ["email"]
        case CreateAccount() | RestoreAccount() | RemoveAccount():
            return ["account"]
        case LinkAccount() | UnlinkAccount():
            return ["holder"]
        case ReleaseDevice() | ChangeDevicePolicy() | RemoveDevice():
            return ["devices"]
        case never:
            assert_never(never)
