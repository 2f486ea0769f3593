"""Which marks are published next? Relays lease them, workspace by workspace, for a bounded time.

Every function takes a connection whose statements may commit one by one, and several relays may
lease at once.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.identity_changes import IdentityState
from api.directory.identity_rows import state_of
from api.directory.leavings import Leaving
from api.directory.tables import Identity
from api.outbox.lease_statement import IDENTITIES, MarkSelection, lease_statement
from contracts.identity_changed import Trace
from contracts.time_slice import TimeSlice

LOG = structlog.get_logger(__name__)

IdentityKey = tuple[str, str]
"""The connection of an identity, and its id."""

BY_RULE = ""
"""Stands in ``admin_line`` for the creation rule, which gives the Admin role to people whom no
mapped name gives one. No name is empty."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A leased mark: an identity, the state to publish, and the history of its publications.

    ``leaving`` is the whole state of a person whose leaving is not released, else None.
    ``admin_line`` is the name that was mapped to the Admin role when the person was last published,
    or ``BY_RULE``, and ``admin_hold`` says whether the loss of it is held or waived.
    """

    connection_id: str
    identity_id: str
    state: IdentityState
    changed_at: int
    attempts: int
    trace: Trace
    failed_publications: int = 0
    suspect: bool = False
    leaving: IdentityState | None = None
    admin_line: str | None = None
    admin_hold: Leaving | None = None

    @property
    def is_unjudged(self) -> bool:
        """Return whether a brake has to judge a leaving before the mark is published."""
        return self.leaving is not None and self.leaving.leaving is Leaving.UNJUDGED

    @property
    def name(self) -> IdentityKey:
        """Return the connection of the identity, and its id."""
        return self.connection_id, self.identity_id


@dataclass(frozen=True, slots=True)
class MarkContext:
    """The parts of an event beside the state of its identity, as of the lease of the mark.

    ``rules`` are a JSON document, or None where they are long. ``group_names`` are as
    ``api.outbox.group_names`` reads them.
    """

    workspace: str
    rules: str | None
    group_names: str | None


@dataclass(frozen=True, slots=True)
class Leased:
    """The marks of a batch, and the workspace after which the next batch goes on.

    ``has_more``: the batch is full, so that there may be more marks.
    """

    marks: Sequence[tuple[Mark, MarkContext]]
    last_served: str
    has_more: bool

    @property
    def leavings(self) -> Sequence[Mark]:
        """Return the marks with a leaving that a brake has to judge before it is published."""
        return [mark for mark, _ in self.marks if mark.is_unjudged]


async def lease(
    db: AsyncConnection, selection: MarkSelection, most: int, until: int, after: str = ""
) -> Leased:
    """Lease ready marks, which no other relay gets until the lease ends.

    The batch is shared between the workspaces that have marks, and filled with the oldest of each.
    The rest of the shares of workspaces with few marks goes to the others, by a further statement:
    marks of two workspaces that have more left differ by one at most.

    An unreadable mark is left out, and stays leased, so that it does not hold up the others.

    :param most: the size of the batch.
    :param until: when the leases end, in microseconds.
    :param after: the workspace that was served last; the next one, by name, is served first.
    """
    rows: list[RowMapping] = []
    more_are_left = True
    while more_are_left and len(rows) < most:
        given = {"most": most - len(rows), "until": until, "after": after}
        taken = (await db.execute(lease_statement(selection), given)).mappings().all()
        rows += taken
        numbers = Counter(row["workspace"] for row in taken)
        after = _last_in_turn(numbers, after)
        more_are_left = any(numbers[row["workspace"]] >= row["share"] for row in taken)
    rows.sort(key=lambda row: (row["dirty_since"], row["id"]))
    return Leased(await _readable(rows), after, has_more=len(rows) == most)


async def are_ready(db: AsyncConnection, *selections: MarkSelection) -> Sequence[bool]:
    """Return whether there are ready marks of each selection, by one statement without a lock."""
    exists = [
        select(IDENTITIES.c.id)
        .where(it.includes(IDENTITIES), IDENTITIES.c.due_at.is_(None))
        .exists()
        for it in selections
    ]
    return (await db.execute(select(*exists))).one()


def _last_in_turn(workspaces: Collection[str], after: str) -> str:
    """Return the workspace that was served last, by a turn that began after the given one."""
    return max(workspaces, key=lambda it: (it <= after, it), default=after)


async def unleased_marks(
    db: AsyncConnection, connection_id: str, ids: Collection[str]
) -> Sequence[Mark]:
    """Return the states of identities as marks, dirty or not, without leasing them."""
    statement = select(IDENTITIES).where(
        col(Identity.connection_id) == connection_id, col(Identity.id).in_(ids)
    )
    rows = (await db.execute(statement)).mappings().all()
    marks, time_slice = [], TimeSlice()
    for row in rows:
        if (mark := _mark_of(row)) is not None:
            marks.append(mark)
        await time_slice.pause_if_over()
    return marks


# --- rows -----------------------------------------------------------------------------------


async def _readable(rows: Sequence[RowMapping]) -> list[tuple[Mark, MarkContext]]:
    marks, time_slice = [], TimeSlice()
    for row in rows:
        if (mark := _mark_of(row)) is not None:
            context = MarkContext(row["workspace"], row["rules"], row["group_names"])
            marks.append((mark, context))
        await time_slice.pause_if_over()
    return marks


def _mark_of(row: RowMapping) -> Mark | None:
    """Return the mark in a row, or None if its state cannot be read."""
    try:
        state = state_of(row)
    except ValidationError:
        LOG.error("mark_unreadable", connection=row["connection_id"], identity=row["id"])  # noqa: TRY400 - the error's text quotes the profile
        return None
    return Mark(
        connection_id=row["connection_id"],
        identity_id=row["id"],
        state=state.released,
        changed_at=row["changed_at"],
        attempts=row["attempts"],
        trace=Trace(correlation_id=row["correlation_id"], traceparent=row["traceparent"]),
        failed_publications=row["failed_publications"],
        suspect=row["suspect"],
        leaving=None if state.leaving is None else state,
        admin_line=row["admin_line"],
        admin_hold=None if row["admin_hold"] is None else Leaving(row["admin_hold"]),
    )
