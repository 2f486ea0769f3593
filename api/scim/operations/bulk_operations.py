"""How is one operation of a bulk request applied? The steps are those of a single request."""

from dataclasses import dataclass
from functools import partial
from typing import Any, assert_never, cast

from scim2_models import BulkOperation, PatchOp, ResourceType
from scim2_server.conditions import Conditions

from api.fairness.work import PATCH_EFFORT
from api.scim.groups.bodies import PushedGroup, PushedPatch, pushed_group, pushed_patch
from api.scim.groups.mapping import group_of
from api.scim.groups.writes import GroupWrites
from api.scim.members.steps import steps_of
from api.scim.protocol.resources import AnyResource, Group, ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.users.mapping import user_meta
from api.scim.users.requests import UserRequests
from api.scim.users.statements import StoredUser

Method = BulkOperation.Method


@dataclass(frozen=True, slots=True)
class BulkOperations:
    """Applies operations of bulk requests that the library has read."""

    service: TolerantScimService
    transactions: Transactions
    users: UserRequests
    groups: GroupWrites

    async def apply(
        self, resource_type: ResourceType, operation: BulkOperation[AnyResource], size: int
    ) -> AnyResource | None:
        """Apply an operation; return its resource as far as the answer tells it, None if deleted.

        :param size: the bytes of the operation.
        """
        is_user = resource_type.name == "User"
        return await (self._user if is_user else self._group)(operation, size)

    async def _user(self, operation: BulkOperation[AnyResource], size: int) -> ScimUser | None:
        id_, conditions = operation.resource_id or "", Conditions(if_match=operation.version)
        match operation.method:
            case Method.post:
                user = await self.users.create_user(cast("ScimUser", operation.data), size)
            case Method.put:
                replacement = cast("ScimUser", operation.data)
                user = await self.users.replace_user(id_, replacement, conditions, size)
            case Method.patch:
                patch_op = cast("PatchOp[Any]", operation.data)
                effort = PATCH_EFFORT * size
                user = await self.users.patch_user(id_, patch_op, conditions, effort)
            case Method.delete:
                await self.users.delete(id_, conditions)
                return None
            case None:
                raise AssertionError("an operation without a method was refused")
            case never:
                assert_never(never)
        return _told_of(user)

    async def _group(self, operation: BulkOperation[AnyResource], size: int) -> Group | None:
        id_, conditions = operation.resource_id or "", Conditions(if_match=operation.version)
        match operation.method:
            case Method.post:
                return group_of(await self.groups.create(await self._read_group(operation, size)))
            case Method.put:
                pushed = await self._read_group(operation, size)
                return await self.groups.replace(id_, pushed, conditions, size)
            case Method.patch:
                effort = PATCH_EFFORT * size
                patch = await self._read_patch(cast("PatchOp[Group]", operation.data), effort)
                return await self.groups.patch(id_, patch, conditions, effort)
            case Method.delete:
                await self.groups.delete(id_, conditions)
                return None
            case None:
                raise AssertionError("an operation without a method was refused")
            case never:
                assert_never(never)

    async def _read_group(self, operation: BulkOperation[AnyResource], size: int) -> PushedGroup:
        push = partial(pushed_group, cast("Group", operation.data))
        return await self.transactions.shares.work.run(self.transactions.owner, push, size)

    async def _read_patch(self, patch: PatchOp[Group], size: int) -> PushedPatch:
        def push() -> PushedPatch:
            return pushed_patch([it for each in patch.operations or () for it in steps_of(each)])

        return await self.transactions.shares.work.run(self.transactions.owner, push, size)


def _told_of(user: StoredUser) -> ScimUser:
    """Return a user with the attributes that an outcome shows: its id and its version."""
    return ScimUser.model_construct(id=user.id, meta=user_meta(user))
