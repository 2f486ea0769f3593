"""How does the deletion of a connection come to its end? In steps, each of which can be repeated.

First all people get their last state, in slices, and nothing is published meanwhile. Then relays
publish these, and each identity goes once downstream has applied its state; then all other rows go,
and the connection at last. A process that is killed leaves what it has committed, and any other one
goes on from there.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from api.directory.brake_limits import OFF
from api.directory.closing import Closing, Step, closing_in
from api.directory.connection_states import ConnectionState
from api.directory.dialects import DirectoryDatabase
from api.directory.identity_listing import PAGE_SIZE
from api.directory.tables import Connection, Identity
from api.outbox.last_marks import SLICE, end_people, next_to_end
from api.reconciliation.pairs import pairs_of
from api.reconciliation.removal import (
    has_identities,
    remove_applied,
    remove_connection,
    remove_rows,
)
from api.reconciliation.verdicts import Moment, Verdict, judge
from api.traces import new_trace
from contracts.clock import Clock, now
from contracts.downstream.sync_states import SyncStates
from contracts.identity_changed import Trace
from contracts.rules import RULES
from contracts.secure_connections.problems import told_of

LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
"""How often a process looks for connections that are being deleted."""

BUSY_SECONDS = 1.0
"""The shortest pause during a deletion, whose events are on their way."""

SHARE_OF_TIME = 5
"""The pause after a look takes at least this many times as long as the look: others come first."""


@dataclass(frozen=True, slots=True)
class ConnectionCloser:
    """Brings the deletions of connections to their ends, in any number of processes.

    Each transaction locks the row of its connection, and leaves a locked connection to the others.

    :param slice_size: the most identities of one transaction.
    """

    directory: DirectoryDatabase
    states: SyncStates
    clock: Clock = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    slice_size: int = SLICE

    async def run(self) -> None:
        """Look for deletions until cancelled; a deletion that fails goes on at the next look."""
        while True:
            began, found = time.monotonic(), False
            try:
                found = await self.close_all()
            except Exception as error:  # noqa: BLE001 - the next look may succeed
                LOG.warning("closing_failed", error=told_of(error))
            took = time.monotonic() - began
            await self.sleep(max(BUSY_SECONDS, SHARE_OF_TIME * took) if found else LOOK_SECONDS)

    async def close_all(self) -> bool:
        """Bring every deletion as far as it comes now; return whether there was any."""
        closing = col(Connection.state) == ConnectionState.CLOSING.value
        async with self.directory.read() as db:
            ids = list(await db.scalars(select(col(Connection.id)).where(closing)))
        for connection_id in ids:
            await self.close(connection_id)
        return bool(ids)

    async def close(self, connection_id: str) -> bool:
        """Bring the deletion of a connection as far as it comes now; return whether it has ended.

        A connection that is not being deleted is left alone.
        """
        await self._end_people(connection_id)
        await self._remove_applied(connection_id)
        return await self._remove_rest(connection_id)

    async def _end_people(self, connection_id: str) -> None:
        """Give all people their last state; relays publish these once all people have theirs."""
        after, trace, marked, is_ended = "", new_trace(), 0, False
        while not is_ended:
            async with self._locked(connection_id) as (db, row):
                if row is None:
                    return
                closing = closing_in(row["closing_people"])
                ids = await next_to_end(
                    db, connection_id, closing, row["state_since"], after, self.slice_size
                )
                if ids:
                    await self._end(db, row, closing, ids, trace)
                elif not after and closing.step is not Step.PUBLISHING:
                    await self._publish(db, connection_id, closing)
            is_ended, after = not (ids or after), ids[-1] if ids else ""
            marked += len(ids)
        if marked:
            LOG.info("closing_people", connection=connection_id, identities=marked)

    async def _end(
        self,
        db: AsyncConnection,
        row: RowMapping,
        closing: Closing,
        ids: Sequence[str],
        trace: Trace,
    ) -> None:
        await end_people(
            db,
            row["id"],
            ids,
            closing,
            RULES.validate_python(row["rules"]).on_deactivate,
            trace,
            self.clock(),
            has_brake=row["brake"] != OFF,
        )

    async def _publish(self, db: AsyncConnection, connection_id: str, closing: Closing) -> None:
        """Let relays publish the last states, now that each person has one."""
        step = replace(closing, step=Step.PUBLISHING)
        of_connection = col(Connection.id) == connection_id
        await db.execute(update(Connection).where(of_connection).values(closing_people=step.stored))

    async def _remove_applied(self, connection_id: str) -> None:
        """Delete the identities whose last state downstream has applied without a refusal."""
        async for ids in self._unmarked(connection_id):
            at = self.clock()
            pairs = await pairs_of(self.directory, self.states, connection_id, ids)
            moment = Moment(at, settled_before=at)
            applied = [
                identity.identity_id
                for identity, state in pairs
                if identity.deleted and judge(identity, state, moment) is Verdict.IN_STEP
            ]
            if applied:
                async with self._locked(connection_id) as (db, row):
                    if row is None:
                        return
                    await remove_applied(db, connection_id, applied)

    async def _unmarked(self, connection_id: str) -> AsyncIterator[Sequence[str]]:
        """Yield pages of the ids of identities without a mark, with no transaction in between."""
        after = ""
        while True:
            statement = (
                select(col(Identity.id))
                .where(
                    col(Identity.connection_id) == connection_id,
                    col(Identity.id) > after,
                    col(Identity.dirty_lane).is_(None),
                )
                .order_by(col(Identity.id))
                .limit(PAGE_SIZE)
            )
            async with self.directory.read() as db:
                ids = list(await db.scalars(statement))
            if ids:
                yield ids
                after = ids[-1]
            if len(ids) < PAGE_SIZE:
                return

    async def _remove_rest(self, connection_id: str) -> bool:
        """Delete all other rows once no identity is left; return whether the connection is gone."""
        while True:
            async with self._locked(connection_id) as (db, row):
                if row is None or await has_identities(db, connection_id):
                    return False
                if await remove_rows(db, connection_id):
                    continue
                by = row["state_by"] or ""
                await remove_connection(db, connection_id, row["workspace"], by, self.clock())
            LOG.info("connection_deleted", connection=connection_id)
            return True

    @asynccontextmanager
    async def _locked(
        self, connection_id: str
    ) -> AsyncIterator[tuple[AsyncConnection, RowMapping | None]]:
        """Open a transaction, and lock the row of a connection that is being deleted.

        The row is None if the connection is not being deleted, or another transaction has the lock.
        """
        statement = (
            select(Connection.__table__)  # type: ignore[attr-defined]
            .where(
                col(Connection.id) == connection_id,
                col(Connection.state) == ConnectionState.CLOSING.value,
            )
            .with_for_update(key_share=True, skip_locked=True)
        )
        async with self.directory.write() as db:
            yield db, (await db.execute(statement)).mappings().one_or_none()
