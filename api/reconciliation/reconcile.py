"""Where do directory and downstream disagree? A reconciliation judges every identity."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from sqlalchemy import func, select

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import PAGE_SIZE, known_ids
from api.directory.tables import Identity
from api.outbox.events import render
from api.outbox.leasing import unleased_marks
from api.reconciliation.pairs import all_pairs, pairs_of
from api.reconciliation.verdicts import SETTLED_VERDICTS, Finding, Moment, Verdict, finding_of
from contracts.downstream.assertions import Assertions
from contracts.downstream.sync_states import KnownIdentity, SyncStates


@dataclass(slots=True)
class Comparison:
    """The result of a reconciliation: the numbers of verdicts, and the findings to repair.

    ``leavers`` are kept apart from the ``findings``: publishing them would bring them back.
    """

    counts: Counter[Verdict] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    leavers: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if it needs repair."""
        self.counts[finding.verdict] += 1
        if finding.verdict is Verdict.LEFT:
            self.leavers.append(finding)
        elif finding.verdict not in SETTLED_VERDICTS:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Compares all identities, page by page, and keeps only the findings in memory."""

    directory: DirectoryDatabase
    states: SyncStates
    moment: Moment

    async def with_verdicts(
        self, verdicts: Collection[Verdict], connection: str | None = None
    ) -> Sequence[Finding]:
        """Return the findings that have one of the verdicts, by versions alone."""
        return [
            finding
            async for page in self._judged(connection)
            for finding in page
            if finding.verdict in verdicts
        ]

    async def of_identities(self, named: Iterable[tuple[str, str]]) -> Sequence[Finding]:
        """Return the findings of identities, given by their connections and ids.

        Identities that the directory does not have are left out.
        """
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for connection, identity in named:
            ids[connection].append(identity)
        findings: list[Finding] = []
        for connection, of_connection in sorted(ids.items()):
            for start in range(0, len(of_connection), PAGE_SIZE):
                some = of_connection[start : start + PAGE_SIZE]
                page = await pairs_of(self.directory, self.states, connection, some)
                findings += [finding_of(*each, self.moment) for each in page]
        return findings

    async def number(self) -> int:
        """Return the number of identities that are to be compared."""
        async with self.directory.read() as db:
            return await db.scalar(select(func.count()).select_from(Identity)) or 0

    async def compare(
        self, assertions: Assertions, told: Callable[[int], None] = lambda _compared: None
    ) -> Comparison:
        """Compare the whole directory with downstream, and return the counts and findings.

        :param told: is told after each page how many identities have been compared so far.

        Identities are compared by their versions, those in step by their accounts as well. An
        identity that is known downstream only is an orphan.
        """
        comparison = Comparison()
        async for page in self._judged():
            drifted = await self._drifted(page, assertions)
            for finding in page:
                comparison.add(drifted.get(finding.identity, finding))
            told(comparison.counts.total())
        async for orphan in self._orphans():
            comparison.add(orphan)
        return comparison

    async def _judged(self, connection: str | None = None) -> AsyncIterator[Sequence[Finding]]:
        async for page in all_pairs(self.directory, self.states, connection):
            yield [finding_of(*each, self.moment) for each in page]

    async def _drifted(
        self, findings: Sequence[Finding], assertions: Assertions
    ) -> dict[str, Finding]:
        """Return the findings of identities in step whose accounts are not as they were applied."""
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
        """Yield the identities that hold accounts downstream and are unknown to the directory."""
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
