"""How is what a reconciliation found repaired? Marked again; who is held for nothing is let go."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select
from sqlmodel import col

from api.correlation import new_trace
from api.directory.census import PAGE
from api.directory.database import DirectoryDatabase
from api.directory.dirty_set import mark_identities, save_new
from api.directory.identity_changes import never_known
from api.directory.tables import Connection
from api.reconciliation import Finding, Verdict


async def repair(directory: DirectoryDatabase, findings: Iterable[Finding], now: int) -> int:
    """Publish the identities again and return how many; those of no connection are left alone.

    An orphan is published as deleted and never active: its account stays as it is, and belongs
    to whoever comes next with its e-mail. Whoever is ahead downstream gets a version beyond that,
    for the clock alone may not be: one that was ahead has given it.
    """
    repaired = 0
    ordered = sorted(findings, key=attrgetter("connection", "identity"))
    for connection_id, group in groupby(ordered, attrgetter("connection")):
        of_connection = list(group)
        for start in range(0, len(of_connection), PAGE):
            some = of_connection[start : start + PAGE]
            repaired += await _repair(directory, connection_id, some, now)
    return repaired


async def _repair(
    directory: DirectoryDatabase, connection_id: str, findings: Sequence[Finding], now: int
) -> int:
    trace = new_trace()
    orphans = [finding for finding in findings if finding.verdict is Verdict.ORPHANED]
    known = [it for it in findings if it.verdict is not Verdict.ORPHANED]
    of_a_clock_ahead = [it for it in known if _is_of_a_clock_ahead(it, now)]
    others = [it.identity for it in known if not _is_of_a_clock_ahead(it, now)]
    async with directory.write() as db:
        there = select(col(Connection.id)).where(col(Connection.id) == connection_id)
        if await db.scalar(there) is None:
            return 0
        for orphan in orphans:
            change = never_known(orphan.applied_version, now)
            await save_new(db, connection_id, orphan.identity, change, trace, now)
        marked = len(orphans)
        if others:
            marked += await mark_identities(db, connection_id, others, trace, now)
        for it in of_a_clock_ahead:  # each alone, so that nobody else gets a time that is wrong
            beyond = it.applied_version
            marked += await mark_identities(
                db, connection_id, [it.identity], trace, now, beyond=beyond
            )
    return marked


def _is_of_a_clock_ahead(finding: Finding, now: int) -> bool:
    return finding.verdict is Verdict.AHEAD and finding.applied_version >= now
