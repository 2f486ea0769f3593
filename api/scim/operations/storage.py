"""How does the library reach users and groups? This adapter is its storage, on our tables.

The library's handler takes a storage, but ours serves every request in steps of its own. So only
test suites use the adapter: the suite of the port (``tests/conformance/test_scim_storage.py``) and
the suites of searches and groups. The projection (``shows``) serves them alone, too.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from scim2_models import Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage

from api.scim.groups import statements
from api.scim.groups.mapping import group_of
from api.scim.groups.store import create_group, delete_group, get_group
from api.scim.members.parameter import MemberChange
from api.scim.members.plan import replace_all_with
from api.scim.members.sent import sent_of
from api.scim.operations.whole_groups import (
    get_whole_group,
    get_whole_groups,
    update_whole_group,
)
from api.scim.protocol.meta import check_version
from api.scim.protocol.resources import AnyResource, Group, User
from api.scim.search.execution import find
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from api.scim.users.mapping import user_of
from api.scim.users.store import create_user, delete_user, get_user, get_users, update_user


class DirectoryStorage(AsyncScimStorage):
    """The users and groups of one connection, for one request.

    The storage locks the user that it reads: a PATCH builds on the user that was read, and parallel
    ones must not undo each other.
    """

    supports_cursors = True

    def __init__(self, transactions: Transactions, base_url: str = "") -> None:
        self.transactions = transactions
        self._base_url = base_url
        self._transaction: Transaction | None = None

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """Run one SCIM operation in one transaction; a nested operation joins the outer one."""
        if self._transaction is not None:
            yield
            return
        async with self.transactions.write() as tx:
            self._transaction = tx
            try:
                yield
            finally:
                self._transaction = None

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> AnyResource:
        async with self.transaction() as tx:
            if _is_user(resource_type):
                return await get_user(tx, resource_id)
            with_members = shows(response_parameters, Group, "members")
            return await (get_whole_group if with_members else get_group)(tx, resource_id)

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        async with self.transaction() as tx:
            page = await find(
                self.transactions, tx, resource_types, search_request, position, self._base_url
            )
            resources = await self._load_found(tx, page.found, search_request)
            return page.as_search_page(resources)

    async def create(self, resource_type: ResourceType, resource: AnyResource) -> AnyResource:
        async with self.transaction() as tx:
            if isinstance(resource, User):
                return await create_user(tx, resource)
            group = _group(resource)
            row = await create_group(
                tx, group, MemberChange.of(replace_all_with(sent_of(group.members)))
            )
            return await get_whole_group(tx, row["id"])

    async def update(
        self,
        resource_type: ResourceType,
        resource: AnyResource,
        *,
        expected_version: str | None = None,
    ) -> AnyResource:
        async with self.transaction() as tx:
            if isinstance(resource, User):
                return await update_user(tx, resource, expected_version)
            return await update_whole_group(tx, _group(resource), expected_version)

    async def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        def check(version: str) -> None:
            check_version(version, expected_version)

        async with self.transaction() as tx:
            delete = delete_user if _is_user(resource_type) else delete_group
            await delete(tx, resource_id, check)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Yield the transaction of the running operation, or else open an operation for it."""
        async with self.operation():
            assert self._transaction is not None
            yield self._transaction

    async def _load_found(
        self,
        tx: Transaction,
        found: Sequence[tuple[str, str]],
        request: SearchRequest[Any],
    ) -> list[AnyResource]:
        """Load the resources that a search found, in its order."""
        users = [id_ for type_, id_ in found if type_ == "User"]
        groups = [id_ for type_, id_ in found if type_ == "Group"]
        loaded: list[AnyResource] = [
            *map(user_of, await get_users(tx, users)),
            *await _groups(tx, groups, with_members=shows(request, Group, "members")),
        ]
        by_id = {resource.id: resource for resource in loaded}
        return [by_id[id_] for _, id_ in found if id_ in by_id]


def _is_user(resource_type: ResourceType) -> bool:
    return resource_type.name == "User"


def _group(resource: AnyResource) -> Group:
    assert isinstance(resource, Group), "the provider serves users and groups"
    return resource


async def _groups(
    tx: Transaction, ids: Sequence[str], *, with_members: bool
) -> Sequence[AnyResource]:
    if with_members:
        return await get_whole_groups(tx, ids)
    return [group_of(row) for row in await statements.read_all(tx, ids)]


def shows(
    parameters: ResponseParameters[Any] | None, model: type[Resource[Any]], field: str
) -> bool:
    """Return whether an answer under these parameters shows any part of a field of the model."""
    if parameters is None:
        return True
    if parameters.attributes:
        shown = [path.resolve(model) for path in parameters.attributes]
        return any(binding is not None and binding.field_name == field for binding in shown)
    excluded = [path.resolve(model) for path in parameters.excluded_attributes or ()]
    return not any(
        binding is not None and binding.field_name == field and binding.sub_field_name is None
        for binding in excluded
    )
