"""Which events could not be applied? A failure is recorded, and forgotten at the next success."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.identity_changed import IdentityChangedEnvelope
from worker.dialects import insert_into
from worker.planning.facts import key_of_event
from worker.sync.mapping import FAILURES, RECORDS, of_identities


@dataclass(frozen=True, slots=True)
class Failed:
    """An event that is given up. ``kind`` and ``message`` hold nothing personal."""

    envelope: IdentityChangedEnvelope
    kind: str
    message: str
    attempts: int


async def record_failure(db: AsyncConnection, failed: Failed, now: int) -> None:
    """Store a failure, unless its version or a newer one was applied meanwhile.

    The record is locked: a batch that is applying a newer version would not see this failure, and
    could not forget it.
    """
    event = failed.envelope.data
    record = select(RECORDS.c.applied_version).where(of_identities(RECORDS, [key_of_event(event)]))
    applied_version = (await db.execute(record.with_for_update())).scalar()
    if applied_version is not None and applied_version >= event.version:
        return
    statement = insert_into(db, FAILURES).values(
        connection=event.connection,
        identity=event.identity,
        kind=failed.kind,
        message=failed.message,
        first_at=now,
        last_at=now,
        attempts=failed.attempts,
        version=event.version,
        correlation_id=failed.envelope.correlationid,
    )
    new = statement.excluded
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["connection", "identity"],
            set_={
                "kind": new.kind,
                "message": new.message,
                "last_at": new.last_at,
                "attempts": new.attempts,
                "version": new.version,
                "correlation_id": new.correlation_id,
            },
            where=FAILURES.c.version <= new.version,
        )
    )
