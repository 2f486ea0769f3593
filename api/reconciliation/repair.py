"""How are the findings repaired? Identities are marked again, and orphans release accounts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import ColumnElement, bindparam, case, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.dialects import DirectoryDatabase
from api.directory.identity_changes import never_known
from api.directory.identity_listing import PAGE_SIZE
from api.directory.leavings import Leaving
from api.directory.tables import Connection, Identity
from api.outbox.marks import mark_identities, save_new
from api.reconciliation.verdicts import Finding, Verdict
from api.traces import new_trace
from contracts.identity_changed import Trace


async def repair(directory: DirectoryDatabase, findings: Iterable[Finding], now: int) -> int:
    """Mark the identities of findings, and return how many; unknown connections are left alone.

    Unknown leavers are left alone as well: ``bring_back`` publishes them. An orphan is published as
    deleted and never active: its account stays as it is, and the next identity with its e-mail
    holds it. An identity that is ahead downstream gets a version beyond that one, which the clock
    alone may not reach: a clock that was ahead has given it.
    """
    repaired = 0
    for page in _pages(it for it in findings if it.verdict is not Verdict.LEFT):
        async with directory.write() as db:
            if await _connection_exists(db, page[0].connection):
                repaired += await _repair(db, page, now)
    return repaired


async def bring_back(directory: DirectoryDatabase, leavers: Iterable[Finding], now: int) -> int:
    """Publish unknown leavers as the directory shows them, and return how many.

    The directory stores the deactivations that it had lost, so that it knows these leavers.
    """
    brought = 0
    for page in _pages(it for it in leavers if it.verdict is Verdict.LEFT):
        trace = new_trace()
        async with directory.write() as db:
            await _store_lost_deactivations(db, page)
            for it in page:
                brought += await mark_identities(
                    db, it.connection, [it.identity], trace, now, beyond=it.applied_version
                )
    return brought


async def _store_lost_deactivations(db: AsyncConnection, findings: Sequence[Finding]) -> None:
    """Store deactivations that the directory has lost, unless it has newer ones by now.

    The action that the rules named for an earlier deactivation of an active identity is removed, so
    that it is not taken for the action of this one, should downstream be restored next.
    """
    lost = {it.identity: it.deactivated_at for it in findings if it.deactivated_at}
    if not lost:
        return
    await _store_in_earlier(db, findings[0].connection, lost)
    identity, left_at = col(Identity.id), col(Identity.deactivated_at)
    unknown = (
        update(Identity)
        .where(
            col(Identity.connection_id) == bindparam("of_connection"),
            identity == bindparam("of_identity"),
            left_at < bindparam("downstream"),
            _is_kept().is_not(True),
        )
        .values(
            deactivated_at=bindparam("downstream"),
            deactivation=case((col(Identity.active), null()), else_=col(Identity.deactivation)),
        )
        .execution_options(synchronize_session=None)
    )
    of = {"of_connection": findings[0].connection}
    await db.execute(
        unknown, [of | {"of_identity": id_, "downstream": at} for id_, at in lost.items()]
    )


async def _store_in_earlier(db: AsyncConnection, connection: str, lost: Mapping[str, int]) -> None:
    """Store lost deactivations of people whose newest one is kept back, as of before that one."""
    of_connection = col(Identity.connection_id) == connection
    kept = (
        select(col(Identity.id), col(Identity.earlier_leaving))
        .where(of_connection, col(Identity.id).in_(lost), _is_kept())
        .order_by(col(Identity.id))
        .with_for_update()
    )
    for id_, earlier in (await db.execute(kept)).all():
        if earlier["deactivated_at"] < lost[id_]:
            told = earlier | {"deactivated_at": lost[id_], "deactivation": None}
            this = update(Identity).where(of_connection, col(Identity.id) == id_)
            await db.execute(this.values(earlier_leaving=told))


def _is_kept() -> ColumnElement[bool]:
    return col(Identity.leaving) > Leaving.UNJUDGED


def _pages(findings: Iterable[Finding]) -> Iterator[Sequence[Finding]]:
    """Yield the findings of one connection at a time, in pages for one transaction each."""
    ordered = sorted(findings, key=attrgetter("connection", "identity"))
    for _, group in groupby(ordered, attrgetter("connection")):
        of_connection = list(group)
        for start in range(0, len(of_connection), PAGE_SIZE):
            yield of_connection[start : start + PAGE_SIZE]


async def _connection_exists(db: AsyncConnection, connection_id: str) -> bool:
    there = select(col(Connection.id)).where(col(Connection.id) == connection_id)
    return await db.scalar(there) is not None


async def _repair(db: AsyncConnection, findings: Sequence[Finding], now: int) -> int:
    trace, connection_id = new_trace(), findings[0].connection
    orphans = [finding for finding in findings if finding.verdict is Verdict.ORPHANED]
    known = [it for it in findings if it.verdict is not Verdict.ORPHANED]
    await _store_lost_deactivations(db, [it for it in known if it.verdict is Verdict.AHEAD])
    for orphan in orphans:
        change = never_known(orphan.applied_version, now)
        await save_new(db, connection_id, orphan.identity, change, trace, now)
    return len(orphans) + await _mark(db, known, trace, now)


async def _mark(db: AsyncConnection, findings: Sequence[Finding], trace: Trace, now: int) -> int:
    marked = 0
    others = [it.identity for it in findings if not _is_of_a_clock_ahead(it, now)]
    if others:
        marked += await mark_identities(db, findings[0].connection, others, trace, now)
    for it in findings:  # in a statement of its own, so that no other identity gets this wrong time
        if _is_of_a_clock_ahead(it, now):
            marked += await mark_identities(
                db, it.connection, [it.identity], trace, now, beyond=it.applied_version
            )
    return marked


def _is_of_a_clock_ahead(finding: Finding, now: int) -> bool:
    return finding.verdict is Verdict.AHEAD and finding.applied_version >= now
