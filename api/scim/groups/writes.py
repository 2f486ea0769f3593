"""How is one group written? In one transaction, or in slices where there is one writer.

What becomes of a group is planned while it is locked: by its row on a database with many writers,
and by a lock of the process where there is one (``api.scim.groups.slices``).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from scim2_models import MutabilityException, PatchOp, PatchOperation
from scim2_server.conditions import Conditions

from api.fairness.work import LARGE_WORK
from api.outbox.marks import mark_identities
from api.scim.groups import statements
from api.scim.groups.bodies import PushedGroup, PushedPatch
from api.scim.groups.mapping import group_of
from api.scim.groups.slices import SLICE, has_more_than, members_in_slices, slices_of
from api.scim.groups.store import (
    NOBODYS,
    change_group,
    check_coming,
    check_room,
    create_group,
    delete_group,
)
from api.scim.locks import lock_group
from api.scim.members.parameter import NOTHING, Named, NamedChanges
from api.scim.members.plan import MemberChanges, concern_of, plan
from api.scim.members.reads import contradicts_types, members_concerned
from api.scim.members.stored import Row
from api.scim.members.writes import move_members
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.resources import Group
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction

NO_CONDITIONS = Conditions()

MEMBER_BYTES = 64
"""What a member that was sent, or is stored, counts for as work."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of a group: its row as it is, its new state (None: as it is), its members."""

    row: Row
    group: Group | None
    members: NamedChanges

    @property
    def is_renamed(self) -> bool:
        """Say whether every member's events have to tell of a new name."""
        return self.group is not None and self.group.display_name != self.row["display_name"]


Plan = Callable[[Transaction], Awaitable[Planned]]
"""Plans what becomes of a group; a writing transaction locks it."""


@dataclass(frozen=True, slots=True)
class GroupWrites:
    """Writes the groups of one connection. ``slice``: the members in one transaction."""

    service: TolerantScimService
    transactions: Transactions
    slice: int = SLICE

    async def create(self, pushed: PushedGroup) -> Row:
        """Store a new group with those of its members that are known.

        :raises UniquenessException: when the displayName is taken.
        """
        if not self._is_sliced(pushed.members.named.staying):
            async with self.transactions.write() as tx:
                return await create_group(tx, pushed.group, pushed.members)
        async with self.transactions.read() as seen:
            await check_coming(seen, NOBODYS, pushed.group.display_name or "", pushed.members)
        async with self.transactions.write() as tx:
            row = await create_group(tx, pushed.group, NOTHING)
        async with self.transactions.lock(row["id"]):
            return await self._write_slices(row, pushed.members)

    async def replace(
        self, id_: str, pushed: PushedGroup, conditions: Conditions, size: int
    ) -> Group:
        """Replace a group that is there; return it without its members.

        :param size: the bytes that it was sent as.
        :raises MutabilityException: when a member is said to be of another type than it is.
        """

        async def planned(tx: Transaction) -> Planned:
            row = await self._row(tx, id_, pushed.members.named)
            replaced = self.service.apply_replacement(group_of(row), pushed.group, conditions)
            if await contradicts_types(tx, id_, pushed.types):
                raise MutabilityException(attribute="type", mutability="immutable")
            group = None if replaced is None else pushed.group
            return Planned(row, group, pushed.members)

        return group_of(await self._write(id_, planned, size))

    async def patch(
        self, id_: str, pushed: PushedPatch, conditions: Conditions, size: int
    ) -> Group:
        """Modify a group; return it without its members.

        :param size: the bytes that it was sent as.
        """

        async def planned(tx: Transaction) -> Planned:
            row = await self._row(tx, id_, pushed.named)
            group = group_of(row)
            self.service.check_preconditions(group, "PATCH", conditions)
            stored = await members_concerned(tx, id_, concern_of(pushed.steps))

            def work() -> tuple[NamedChanges, bool]:
                planned = plan(pushed.steps, group, stored, self._apply)
                return NamedChanges.of(planned.members), planned.rewritten

            effort = size + MEMBER_BYTES * (pushed.named.staying + len(stored))
            shares, owner = self.transactions.shares, self.transactions.owner
            members, rewritten = await shares.work.run(owner, work, effort)
            return Planned(row, group if rewritten else None, members)

        return group_of(await self._write(id_, planned, size))

    async def delete(self, id_: str, conditions: Conditions) -> None:
        """Delete a group."""
        async with self.transactions.lock(id_):
            if self._has_one_writer and await self._has_many_members(id_):
                await self._empty(id_, conditions)
                conditions = NO_CONDITIONS  # they were met, by the version before
            async with self.transactions.write() as tx:
                await delete_group(tx, id_, lambda version: conditions.check(version, "DELETE"))

    def _apply(self, group: Group, operation: PatchOperation[Group]) -> bool:
        patch = PatchOp[Group](operations=[operation])
        return self.service.apply_patch(group, patch, NO_CONDITIONS) is not None

    async def _row(self, tx: Transaction, id_: str, named: Named) -> Row:
        """Return the row of a group; a writing transaction locks it, and nested ones with it."""
        return await (lock_group(tx, id_, named) if tx.writing else statements.read(tx, id_))

    # --- in one transaction, or in slices -----------------------------------------------------

    @property
    def _has_one_writer(self) -> bool:
        return self.transactions.database.has_one_writer

    def _is_sliced(self, members: int) -> bool:
        return self._has_one_writer and members > self.slice

    async def _write(self, id_: str, planned: Plan, size: int) -> Row:
        async with self.transactions.lock(id_):
            if self._has_one_writer and (size > LARGE_WORK or await self._has_many_members(id_)):
                return await self._write_apart(planned)
            return await self._write_whole(planned)

    async def _write_whole(self, planned: Plan) -> Row:
        async with self.transactions.write() as tx:
            it = await planned(tx)
            return await change_group(tx, it.row, it.group, it.members)

    async def _write_apart(self, planned: Plan) -> Row:
        """Plan without the writer, then write: first the group itself, then its members."""
        async with self.transactions.read() as seen:
            it = await planned(seen)
            await check_room(seen, it.row, it.group, it.members)
        if it.is_renamed:
            await self._mark_members(it.row["id"])
        fits = it.members.most_rows <= self.slice
        async with self.transactions.write() as tx:
            members = it.members if fits else NOTHING
            row = await change_group(
                tx, it.row, it.group, members, are_marked=it.is_renamed, are_checked=True
            )
        return row if fits else await self._write_slices(row, it.members)

    async def _write_slices(self, row: Row, members: NamedChanges) -> Row:
        async with self.transactions.read() as seen:
            async for some in slices_of(seen, row["id"], members, self.slice):
                async with self.transactions.write() as tx:
                    row = await change_group(tx, row, None, some, are_checked=True)
        return row

    async def _mark_members(self, id_: str) -> None:
        """Mark the members of a group that gets another name.

        Those whose marks are published before it has got it are marked again together with it.
        """
        async with self.transactions.read() as seen:
            async for some in members_in_slices(seen, id_, self.slice):
                async with self.transactions.write() as tx:
                    await mark_identities(tx.db, tx.connection_id, some, tx.trace, tx.now)

    async def _empty(self, id_: str, conditions: Conditions) -> None:
        """Let the members of a group go that is about to be deleted."""
        async with self.transactions.read() as seen:
            row = await statements.read(seen, id_)
            conditions.check(entity_tag(row["revision"]), "DELETE")
            async for some in members_in_slices(seen, id_, self.slice):
                leaving = NamedChanges.of(MemberChanges(leave=frozenset(some)))
                async with self.transactions.write() as tx:
                    await move_members(tx, id_, leaving)

    async def _has_many_members(self, id_: str) -> bool:
        async with self.transactions.read() as tx:
            return await has_more_than(tx, id_, self.slice)
