"""How is one group written? A transaction writes it, or slices where the database has one writer.

The new state of a group is planned under a lock: the lock on its row on a database with many
writers, a lock of the process on a database with one (``api.scim.groups.slices``).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from scim2_models import MutabilityException, PatchOp, PatchOperation
from scim2_server.conditions import Conditions

from api.access.bearer import Tokens
from api.access.token_memory import TokenMemory
from api.fairness.work import LARGE_WORK
from api.outbox.marks import mark_identities
from api.scim.groups import statements
from api.scim.groups.bodies import PushedGroup, PushedPatch
from api.scim.groups.mapping import group_of
from api.scim.groups.slices import MEMBERS_PER_SLICE, has_more_than, members_in_slices, slices_of
from api.scim.groups.store import (
    NO_GROUP,
    change_group,
    check_added_members,
    check_bounds,
    create_group,
    delete_group,
)
from api.scim.locks import lock_group
from api.scim.members.change_at_once import change_members_at_once
from api.scim.members.parameter import NO_CHANGE, MemberChange, MemberIds
from api.scim.members.plain_changes import PlainChange
from api.scim.members.plan import MemberPlan, members_to_load, plan
from api.scim.members.reads import contradicts_types, load_members
from api.scim.members.stored import Row
from api.scim.members.writes import write_members
from api.scim.protocol.ids import ID
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.resources import Group
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction

UNCONDITIONAL = Conditions()

BYTES_PER_MEMBER = 64
"""Bytes of JSON that the work on a sent or stored member counts as."""


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """The plan for a group: its stored row, its new state (None: unchanged), and its members."""

    row: Row
    group: Group | None
    members: MemberChange

    @property
    def is_renamed(self) -> bool:
        """Return whether the group gets another name, which the events of all members tell."""
        return self.group is not None and self.group.display_name != self.row["display_name"]


PlanGroup = Callable[[Transaction], Awaitable[GroupPlan]]
"""Plans the new state of a group; a writing transaction locks the group for it."""


@dataclass(frozen=True, slots=True)
class GroupWrites:
    """Writes the groups of one connection; ``slice_size`` is the members of a slice.

    ``memory`` notes that a token was found live by a statement that has changed members.
    """

    service: TolerantScimService
    transactions: Transactions
    slice_size: int = MEMBERS_PER_SLICE
    memory: Tokens = field(default_factory=TokenMemory)

    async def create(self, pushed: PushedGroup) -> Row:
        """Store a new group with those of its members that exist; return its row.

        :raises UniquenessException: when the displayName is taken.
        """
        if not self._is_sliced(pushed.members.ids.kept):
            async with self.transactions.write() as tx:
                return await create_group(tx, pushed.group, pushed.members)
        async with self.transactions.read() as snapshot:
            await check_added_members(
                snapshot, NO_GROUP, pushed.group.display_name or "", pushed.members
            )
        async with self.transactions.write() as tx:
            row = await create_group(tx, pushed.group, NO_CHANGE)
        async with self.transactions.lock(row["id"]):
            return await self._write_slices(row, pushed.members)

    async def replace(
        self, id_: str, pushed: PushedGroup, conditions: Conditions, size: int
    ) -> Group:
        """Replace a stored group; return it without its members.

        :param size: the bytes of the request's body.
        :raises NotFoundException: when there is no such group.
        :raises MutabilityException: when a member was sent with another type than it has.
        """

        async def plan_group(tx: Transaction) -> GroupPlan:
            row = await self._row(tx, id_, pushed.members.ids)
            replaced = self.service.apply_replacement(group_of(row), pushed.group, conditions)
            if await contradicts_types(tx, id_, pushed.types):
                raise MutabilityException(attribute="type", mutability="immutable")
            group = None if replaced is None else pushed.group
            return GroupPlan(row, group, pushed.members)

        return group_of(await self._write(id_, plan_group, size))

    async def patch(
        self, id_: str, pushed: PushedPatch, conditions: Conditions, size: int
    ) -> Group:
        """Modify a stored group; return it without its members.

        :param size: the work that it is, in bytes of JSON.
        :raises NotFoundException: when there is no such group.
        """

        async def plan_group(tx: Transaction) -> GroupPlan:
            row = await self._row(tx, id_, pushed.possible_members)
            group = group_of(row)
            self.service.check_preconditions(group, "PATCH", conditions)
            stored = await load_members(tx, id_, members_to_load(pushed.steps))

            def work() -> tuple[MemberChange, bool]:
                patched = plan(pushed.steps, group, stored, self._apply)
                return MemberChange.of(patched.members), patched.rewritten

            effort = size + BYTES_PER_MEMBER * (pushed.possible_members.kept + len(stored))
            shares, owner = self.transactions.shares, self.transactions.owner
            members, rewritten = await shares.work.run(owner, work, effort)
            return GroupPlan(row, group if rewritten else None, members)

        return group_of(await self._write(id_, plan_group, size))

    async def change_members(self, id_: str, change: PlainChange) -> int | None:
        """Add or remove a few members; return the revision of the group.

        The result is None if the change needs more than that, and was not made.
        """
        if not ID.fullmatch(id_):
            return None
        moment = self.memory.next_moment()
        async with self.transactions.lock(id_), self.transactions.write_at_once() as tx:
            revision = await change_members_at_once(tx, id_, change)
        if revision is not None:
            self.memory.confirm(tx.connection.digest, tx.connection, moment)
        return revision

    async def delete(self, id_: str, conditions: Conditions) -> None:
        """Delete a group."""
        async with self.transactions.lock(id_):
            if self._has_one_writer and await self._has_many_members(id_):
                await self._remove_all_members(id_, conditions)
                conditions = UNCONDITIONAL  # the version before has met them
            async with self.transactions.write() as tx:
                await delete_group(tx, id_, lambda version: conditions.check(version, "DELETE"))

    def _apply(self, group: Group, operation: PatchOperation[Group]) -> bool:
        patch = PatchOp[Group](operations=[operation])
        return self.service.apply_patch(group, patch, UNCONDITIONAL) is not None

    async def _row(self, tx: Transaction, id_: str, members: MemberIds) -> Row:
        """Return the row of a group; a writing transaction locks it with its nested groups."""
        return await (lock_group(tx, id_, members) if tx.writing else statements.read(tx, id_))

    # --- in one transaction, or in slices -----------------------------------------------------

    @property
    def _has_one_writer(self) -> bool:
        return self.transactions.database.has_one_writer

    def _is_sliced(self, members: int) -> bool:
        return self._has_one_writer and members > self.slice_size

    async def _write(self, id_: str, plan_group: PlanGroup, size: int) -> Row:
        async with self.transactions.lock(id_):
            if self._has_one_writer and (size > LARGE_WORK or await self._has_many_members(id_)):
                return await self._plan_then_write(plan_group)
            return await self._plan_and_write(plan_group)

    async def _plan_and_write(self, plan_group: PlanGroup) -> Row:
        """Plan and write in one transaction."""
        async with self.transactions.write() as tx:
            planned = await plan_group(tx)
            return await change_group(tx, planned.row, planned.group, planned.members)

    async def _plan_then_write(self, plan_group: PlanGroup) -> Row:
        """Plan in a reading transaction, then write the group, and its members in slices."""
        async with self.transactions.read() as snapshot:
            planned = await plan_group(snapshot)
            await check_bounds(snapshot, planned.row, planned.group, planned.members)
        if planned.is_renamed:
            await self._mark_all_members(planned.row["id"])
        fits = planned.members.most_rows <= self.slice_size
        async with self.transactions.write() as tx:
            members = planned.members if fits else NO_CHANGE
            row = await change_group(
                tx,
                planned.row,
                planned.group,
                members,
                members_marked=planned.is_renamed,
                bounds_checked=True,
            )
        return row if fits else await self._write_slices(row, planned.members)

    async def _write_slices(self, row: Row, members: MemberChange) -> Row:
        async with self.transactions.read() as snapshot:
            async for slice_ in slices_of(snapshot, row["id"], members, self.slice_size):
                async with self.transactions.write() as tx:
                    row = await change_group(tx, row, None, slice_, bounds_checked=True)
        return row

    async def _mark_all_members(self, id_: str) -> None:
        """Mark the members of a group before it gets another name.

        ``change_group`` marks those again whose marks are published before the name is stored.
        """
        async with self.transactions.read() as snapshot:
            async for ids in members_in_slices(snapshot, id_, self.slice_size):
                async with self.transactions.write() as tx:
                    await mark_identities(tx.db, tx.connection_id, ids, tx.trace, tx.now)

    async def _remove_all_members(self, id_: str, conditions: Conditions) -> None:
        """Remove the members of a group that is about to be deleted."""
        async with self.transactions.read() as snapshot:
            row = await statements.read(snapshot, id_)
            conditions.check(entity_tag(row["revision"]), "DELETE")
            async for ids in members_in_slices(snapshot, id_, self.slice_size):
                removal = MemberChange.of(MemberPlan(remove=frozenset(ids)))
                async with self.transactions.write() as tx:
                    await write_members(tx, id_, removal)

    async def _has_many_members(self, id_: str) -> bool:
        async with self.transactions.read() as tx:
            return await has_more_than(tx, id_, self.slice_size)
