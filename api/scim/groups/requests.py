"""In which steps is a request for one group served? The library's steps work without members.

The library loads a whole resource, changes it in memory and stores it whole. Here the cost of a
request follows the members that it names, not the size of the group.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from scim2_models import ResourceType, ResponseParameters
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.fairness.work import PATCH_EFFORT
from api.scim.groups.bodies import PushedGroup, Read, read_group, read_patch
from api.scim.groups.mapping import group_of
from api.scim.groups.store import get_group
from api.scim.groups.writes import UNCONDITIONAL, GroupWrites
from api.scim.members.answers import MemberLists, show_members, shown_member_attributes
from api.scim.members.plain_changes import LONGEST_PLAIN_PATCH, plain_change_in
from api.scim.protocol.meta import entity_tag
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class GroupRequests:
    """Serves the requests for groups of one connection."""

    service: TolerantScimService
    transactions: Transactions
    writes: GroupWrites

    async def create(self, request: ScimRequest, type_: ResourceType) -> ScimResponse:
        """Create a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        pushed = await self._read(request, type_, self.service.read_creation)
        group = group_of(await self.writes.create(pushed))
        answer = self.service.creation_response_with(request.base_url, group, parameters)
        return await self._with_members(request, answer, parameters)

    async def query(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Read a group; a 304 reads no member.

        The members may be newer than the shown version, never older: a conditional write with that
        version is refused then, and the client reads again.
        """
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)

        async def find(tx: Transaction) -> ScimResponse:
            group = await get_group(tx, id_)
            answer = self.service.query_response(request.base_url, group, parameters, conditions)
            return await show_members(tx, self._lists(request, parameters), answer)

        return await self.transactions.search(find)

    async def replace(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Replace a group."""
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)
        pushed = await self._read(request, type_, self.service.read_replacement)
        group = await self.writes.replace(id_, pushed, conditions, len(request.body))
        answer = self.service.replacement_response(request.base_url, group, parameters)
        return await self._with_members(request, answer, parameters)

    async def patch(self, request: ScimRequest, type_: ResourceType, id_: str) -> ScimResponse:
        """Modify a group."""
        plain = await self._change_plainly(request, id_)
        if plain is not None:
            return plain
        parameters = self.service.read_response_parameters(type_, request.query)
        conditions = self.service.read_conditions(request)
        body, media = request.body, request.header("Content-Type")
        read = partial(read_patch, self.service, type_, body, media)
        effort = PATCH_EFFORT * len(body)
        pushed = await self._work(read, effort)
        group = await self.writes.patch(id_, pushed, conditions, effort)
        answer = self.service.patch_response(request.base_url, group, parameters)
        return await self._with_members(request, answer, parameters)

    async def _change_plainly(self, request: ScimRequest, id_: str) -> ScimResponse | None:
        """Add or remove members where the request does nothing else; return None otherwise."""
        body, media = request.body, request.header("Content-Type")
        if len(body) > LONGEST_PLAIN_PATCH or request.query or self._has_conditions(request):
            return None
        change = plain_change_in(self.service.decode_body(body, media))
        revision = change and await self.writes.change_members(id_, change)
        if not revision:
            return None
        return ScimResponse(HTTPStatus.NO_CONTENT, None, {"ETag": entity_tag(revision)})

    def _has_conditions(self, request: ScimRequest) -> bool:
        return self.service.read_conditions(request) != UNCONDITIONAL

    async def delete(self, id_: str, conditions: Conditions) -> None:
        """Delete a group."""
        await self.writes.delete(id_, conditions)

    async def _with_members(
        self,
        request: ScimRequest,
        answer: ScimResponse,
        parameters: ResponseParameters[Any],
    ) -> ScimResponse:
        """Put the member list into the answer after a write, if the answer shows members."""
        lists = self._lists(request, parameters)
        if not (answer.body and lists.attributes):
            return answer
        return await self.transactions.search(partial(show_members, lists=lists, answer=answer))

    def _lists(self, request: ScimRequest, parameters: ResponseParameters[Any]) -> MemberLists:
        return MemberLists(self.transactions, shown_member_attributes(parameters), request.base_url)

    async def _read(self, request: ScimRequest, type_: ResourceType, read: Read) -> PushedGroup:
        body, media = request.body, request.header("Content-Type")
        work = partial(read_group, self.service, read, type_, body, media)
        return await self._work(work, len(body))

    async def _work(self, work: Callable[[], ResultT], size: int) -> ResultT:
        return await self.transactions.shares.work.run(self.transactions.owner, work, size)
