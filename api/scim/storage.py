"""Where are users and groups kept? The storage of scim2-server, on the directory's tables."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from scim2_models import Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage
from sqlalchemy.ext.asyncio import AsyncConnection

from api.directory.database import DirectoryDatabase
from api.scim.attributes_in_sql import ATTRIBUTES
from api.scim.authentication import OpenedConnection
from api.scim.groups import (
    create_group,
    delete_group,
    get_group,
    get_groups,
    update_group,
)
from api.scim.locks import lock_for_deletion
from api.scim.membership_plan import exactly
from api.scim.named_members import NamedChanges
from api.scim.pages import Page, find_page
from api.scim.projection import shows
from api.scim.resources import Group, User
from api.scim.rows import user_of
from api.scim.search import search_for
from api.scim.sent_members import sent_of
from api.scim.transaction import Transaction
from api.scim.users import create_user, delete_user, get_user, get_users, update_user
from contracts.clock import Clock, now
from contracts.identity_changed import Trace

AnyResource = Resource[Any]


class DirectoryStorage(AsyncScimStorage):
    """The users and groups of one connection, for one request.

    A writing storage locks the user that it reads: a PATCH builds on what it has read, and parallel
    ones must not undo each other. A reading one takes no lock at all.

    :param members_apart: whether groups come without their members, for whoever shows them by
        ``api.scim.member_lists``.
    :param turn: gives what is held while a writing transaction is open.
    """

    supports_cursors = True

    def __init__(
        self,
        database: DirectoryDatabase,
        connection: OpenedConnection,
        trace: Trace,
        *,
        writing: bool,
        base_url: str = "",
        members_apart: bool = False,
        turn: Callable[[], AbstractAsyncContextManager[object]] = nullcontext,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self.connection = connection
        self.trace = trace
        self._writing = writing
        self._base_url = base_url
        self._members_apart = members_apart
        self._turn = turn
        self._clock = clock
        self._transaction: Transaction | None = None

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """Run one SCIM operation in one transaction; inside another, it is part of that one."""
        if self._transaction is not None:
            yield
            return
        async with self._opened() as db:
            self._transaction = Transaction(
                db, self.connection, self.trace, self._clock(), self._writing
            )
            try:
                yield
            finally:
                self._transaction = None

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AsyncConnection]:
        if not self._writing:
            async with self._database.read() as db:
                yield db
            return
        async with self._turn(), self._database.write() as db:
            yield db

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
            with_members = self._with_members(response_parameters)
            return await get_group(tx, resource_id, with_members=with_members)

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        async with self.transaction() as tx:
            page = await self.find(tx, resource_types, search_request, position)
            resources = await self._found(tx, page.found, search_request)
            return page.as_search_page(resources)

    async def find(
        self,
        tx: Transaction,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        position: Any,
    ) -> Page:
        """Find a page, and load nothing of it."""
        types = [
            ATTRIBUTES[str(resource_type.name)].below(self._base_url)
            for resource_type in resource_types
        ]
        search = search_for(tx.connection_id, search_request, types)
        return await find_page(tx.db, search, position)

    async def create(self, resource_type: ResourceType, resource: AnyResource) -> AnyResource:
        async with self.transaction() as tx:
            if isinstance(resource, User):
                return await create_user(tx, resource)
            group = _group(resource)
            row = await create_group(tx, group, NamedChanges.of(exactly(sent_of(group.members))))
            return await get_group(tx, row["id"], with_members=self._with_members(None))

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
            return await update_group(tx, _group(resource), expected_version)

    async def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        async with self.transaction() as tx:
            delete = delete_user if _is_user(resource_type) else delete_group
            await delete(tx, resource_id, expected_version)

    async def lock_for_deletion(self, resource_type: ResourceType, resource_id: str) -> None:
        """Lock what a deletion will change, in the order that every transaction keeps."""
        async with self.transaction() as tx:
            await lock_for_deletion(tx, resource_id, is_user=_is_user(resource_type))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Give the transaction of the operation; outside of one, one of its own."""
        async with self.operation():
            assert self._transaction is not None
            yield self._transaction

    async def _found(
        self,
        tx: Transaction,
        found: Sequence[tuple[str, str]],
        request: SearchRequest[Any],
    ) -> list[AnyResource]:
        """Load what a search found, in its order."""
        users = [id_ for type_, id_ in found if type_ == "User"]
        groups = [id_ for type_, id_ in found if type_ == "Group"]
        loaded: list[AnyResource] = [
            *map(user_of, await get_users(tx, users)),
            *await get_groups(tx, groups, with_members=self._with_members(request)),
        ]
        by_id = {resource.id: resource for resource in loaded}
        return [by_id[id_] for _, id_ in found if id_ in by_id]

    def _with_members(self, parameters: ResponseParameters[Any] | None) -> bool:
        return not self._members_apart and shows(parameters, Group, "members")


def _is_user(resource_type: ResourceType) -> bool:
    return resource_type.name == "User"


def _group(resource: AnyResource) -> Group:
    assert isinstance(resource, Group), "the provider serves users and groups"
    return resource
