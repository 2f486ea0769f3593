"""Who changed what, and when? Every change of an administrator is a row of the audit log.

A change of the directory has its row in the same transaction. A change that takes several
transactions, or another database, has a row before it begins, and another one when it has ended.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.admin.actors import Actor
from api.admin.administration import Administration
from api.directory.administration_tables import AuditEntry
from api.directory.tables import ApiTable
from api.traces import new_trace
from contracts.identity_changed import Trace

AUDIT = ApiTable.metadata.tables[str(AuditEntry.__tablename__)]


class Outcome(StrEnum):
    """How far a change has come when its row is written."""

    DONE = "done"
    BEGUN = "begun"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """A change: the action, its object, and the values before and after it.

    ``action`` has a noun and a verb, as ``connections.pause``. No field holds a secret, and none
    names a person: people are told by the ids of their identities.
    """

    action: str
    workspace: str | None = None
    connection: str | None = None
    subject: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def record(
    db: AsyncConnection,
    actor: Actor,
    change: Change,
    at: int,
    trace: Trace,
    outcome: Outcome = Outcome.DONE,
) -> None:
    """Write a change to the audit log, within the transaction that makes it.

    :param at: the time of the change, in microseconds since the epoch.
    :param trace: the trace of the events that the change causes.
    """
    row = {
        "at": at,
        "actor": actor.name,
        "workspace": change.workspace,
        "connection_id": change.connection,
        "action": change.action,
        "subject": change.subject,
        "outcome": outcome,
        "before": change.before,
        "after": change.after,
        "correlation_id": trace.correlation_id,
    }
    await db.execute(insert(AUDIT).values(row).inline())


@asynccontextmanager
async def begun(it: Administration, actor: Actor, change: Change) -> AsyncIterator[dict[str, Any]]:
    """Record a change that is no single transaction, before it is made, and how it ended.

    Without the second row its process or the directory was lost, and it may have been made or not.
    The block is given a mapping: the second row has what is put there among the values afterwards.
    """
    trace = new_trace()
    learnt: dict[str, Any] = {}

    async def write(outcome: Outcome) -> None:
        told = replace(change, after={**(change.after or {}), **learnt}) if learnt else change
        async with it.directory.write() as db:
            await record(db, actor, told, it.clock(), trace, outcome)

    async def end(outcome: Outcome) -> None:
        with suppress(SQLAlchemyError, OSError):
            await write(outcome)

    await write(Outcome.BEGUN)
    try:
        yield learnt
    except Exception:
        await end(Outcome.FAILED)
        raise
    await end(Outcome.DONE)
