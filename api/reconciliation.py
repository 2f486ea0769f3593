"""Where do directory and downstream disagree? Every identity judged; a resync repairs it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from operator import attrgetter

from api.comparison import Compared, compared
from api.directory.census import PAGE, CountedIdentity, known_ids
from api.directory.database import DirectoryDatabase
from api.directory.dirty_set import look_at
from api.directory.rendering import render
from contracts.downstream_facts import Assertions, KnownIdentity, SyncState, SyncStates


class Verdict(StrEnum):
    """How an identity stands."""

    IN_STEP = "in_step"
    PENDING = "pending"
    REFUSED = "refused"
    MISSING = "missing"
    STALE = "stale"
    AHEAD = "ahead"
    FAILED = "failed"
    TAMPERED = "tampered"
    ORPHANED = "orphaned"


SETTLED = frozenset({Verdict.IN_STEP, Verdict.PENDING, Verdict.REFUSED})
"""Nothing to repair here."""

LOST = frozenset({Verdict.MISSING, Verdict.STALE, Verdict.AHEAD})
"""Neither applied nor explained, though nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How an identity stands; ``differs`` names what of it is not as it should be.

    ``applied_version`` is the newest that downstream has seen of it, be it a failure; 0: nothing.
    """

    connection: str
    identity: str
    verdict: Verdict
    differs: Sequence[str] = ()
    applied_version: int = 0


@dataclass(slots=True)
class Comparison:
    """What a reconciliation found: how many identities stand how, and what has to be repaired."""

    counts: Counter[Verdict] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take in how one identity stands."""
        self.counts[finding.verdict] += 1
        if finding.verdict not in SETTLED:
            self.findings.append(finding)


def judge(identity: CountedIdentity, state: SyncState | None, settled_before: int) -> Verdict:
    """Say how an identity stands by its versions. Pure.

    :param settled_before: what was published before this time (microseconds) is not on its way
        any more: it was applied, or it is lost.
    """
    applied = 0 if state is None else state.applied_version
    if _newest_seen(state) > identity.version:
        return Verdict.AHEAD  # be it dirty: what would be published is too old to be applied
    if identity.dirty:
        return Verdict.PENDING
    if state is not None and state.failure and state.failure.version >= identity.version:
        return Verdict.FAILED
    if applied == identity.version:
        return Verdict.REFUSED if state is not None and state.refusals else Verdict.IN_STEP
    if identity.published_at is not None and identity.published_at >= settled_before:
        return Verdict.PENDING
    return Verdict.STALE if applied else Verdict.MISSING


def _newest_seen(state: SyncState | None) -> int:
    """Return the newest version that downstream knows of, applied or given up."""
    if state is None:
        return 0
    return max(state.applied_version, state.failure.version if state.failure else 0)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Compares all identities, page by page, and remembers only what it finds."""

    directory: DirectoryDatabase
    states: SyncStates
    settled_before: int

    async def lost(self) -> Sequence[Finding]:
        """Return what is neither applied nor explained. It asks for versions only."""
        return [
            finding
            async for page in compared(self.directory, self.states)
            for finding in self._judged(page)
            if finding.verdict in LOST
        ]

    async def compare(self, assertions: Assertions) -> Comparison:
        """Compare everything: versions, what was applied, and who is held without a reason."""
        comparison = Comparison()
        async for page in compared(self.directory, self.states):
            drifted = await self._drifted(self._judged(page), assertions)
            for finding in self._judged(page):
                comparison.add(drifted.get(finding.identity, finding))
        async for orphan in self._orphans():
            comparison.add(orphan)
        return comparison

    def _judged(self, page: Sequence[Compared]) -> list[Finding]:
        return [
            Finding(
                it.connection_id,
                it.identity_id,
                judge(it, state, self.settled_before),
                applied_version=_newest_seen(state),
            )
            for it, state in page
        ]

    async def _drifted(
        self, findings: Sequence[Finding], assertions: Assertions
    ) -> dict[str, Finding]:
        """Look whether who is in step really is as it was applied."""
        in_step = [it.identity for it in findings if it.verdict is Verdict.IN_STEP]
        if not in_step:
            return {}
        async with self.directory.snapshot() as db:
            events = await render(db, await look_at(db, findings[0].connection, in_step))
        differences = await assertions.differences(events)
        return {
            event.identity: Finding(
                event.connection, event.identity, Verdict.TAMPERED, differs, event.version
            )
            for event, differs in zip(events, differences, strict=True)
            if differs
        }

    async def _orphans(self) -> AsyncIterator[Finding]:
        """Yield who is held downstream, though the directory has never heard of them."""
        after: KnownIdentity | None = None
        while held := await self.states.held(after, PAGE):
            for connection_id, page in groupby(sorted(held), attrgetter("connection")):
                versions = {it.identity: it.applied_version for it in page}
                async with self.directory.read() as db:
                    known = await known_ids(db, connection_id, versions.keys())
                for id_ in sorted(versions.keys() - known):
                    yield Finding(
                        connection_id, id_, Verdict.ORPHANED, applied_version=versions[id_]
                    )
            after = held[-1]
