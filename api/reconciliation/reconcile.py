"""Where do directory and downstream disagree? Every identity judged; a resync repairs it."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import PAGE_SIZE, known_ids
from api.outbox.events import render
from api.outbox.leasing import unleased_marks
from api.reconciliation.pairs import all_pairs, pairs_of
from api.reconciliation.verdicts import SETTLED_VERDICTS, Finding, Moment, Verdict, finding_of
from contracts.downstream_facts import Assertions, KnownIdentity, SyncStates


@dataclass(slots=True)
class Comparison:
    """What a reconciliation found: how many identities stand how, and what has to be repaired.

    ``leavers`` are apart from the ``findings``: to publish them again is to bring them back.
    """

    counts: Counter[Verdict] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    leavers: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take in how one identity stands."""
        self.counts[finding.verdict] += 1
        if finding.verdict is Verdict.LEFT:
            self.leavers.append(finding)
        elif finding.verdict not in SETTLED_VERDICTS:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Compares all identities, page by page, and remembers only what it finds."""

    directory: DirectoryDatabase
    states: SyncStates
    moment: Moment

    async def with_verdicts(
        self, verdicts: Collection[Verdict], connection: str | None = None
    ) -> Sequence[Finding]:
        """Return who of all, or of one connection, stands so. It asks for versions only."""
        return [
            finding
            async for page in self._judged(connection)
            for finding in page
            if finding.verdict in verdicts
        ]

    async def of_identities(self, named: Iterable[tuple[str, str]]) -> Sequence[Finding]:
        """Return how the named identities stand, by their connections and ids.

        Those that the directory does not have are left out.
        """
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for connection, identity in named:
            ids[connection].append(identity)
        findings: list[Finding] = []
        for connection, those in sorted(ids.items()):
            for start in range(0, len(those), PAGE_SIZE):
                some = those[start : start + PAGE_SIZE]
                page = await pairs_of(self.directory, self.states, connection, some)
                findings += [finding_of(*each, self.moment) for each in page]
        return findings

    async def compare(self, assertions: Assertions) -> Comparison:
        """Compare everything: versions, what was applied, and who is held without a reason."""
        comparison = Comparison()
        async for page in self._judged():
            drifted = await self._drifted(page, assertions)
            for finding in page:
                comparison.add(drifted.get(finding.identity, finding))
        async for orphan in self._orphans():
            comparison.add(orphan)
        return comparison

    async def _judged(self, connection: str | None = None) -> AsyncIterator[Sequence[Finding]]:
        async for page in all_pairs(self.directory, self.states, connection):
            yield [finding_of(*each, self.moment) for each in page]

    async def _drifted(
        self, findings: Sequence[Finding], assertions: Assertions
    ) -> dict[str, Finding]:
        """Look whether who is in step really is as it was applied."""
        in_step = [it.identity for it in findings if it.verdict is Verdict.IN_STEP]
        if not in_step:
            return {}
        async with self.directory.snapshot() as db:
            events = await render(db, await unleased_marks(db, findings[0].connection, in_step))
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
        while held := await self.states.held(after, PAGE_SIZE):
            for connection_id, page in groupby(sorted(held), attrgetter("connection")):
                versions = {it.identity: it.applied_version for it in page}
                async with self.directory.read() as db:
                    known = await known_ids(db, connection_id, versions.keys())
                for id_ in sorted(versions.keys() - known):
                    yield Finding(
                        connection_id, id_, Verdict.ORPHANED, applied_version=versions[id_]
                    )
            after = held[-1]
