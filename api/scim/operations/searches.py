"""In which steps is a search served? Look-ups and plain pages take short ways, others a query.

Providers look up a userName before every write. Other searches run within the share of their
connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scim2_models import ResourceType, SearchRequest
from scim2_models.path import AttrPath, CompareOperator, Comparison
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from api.directory.user_ranges import find_page
from api.scim.operations.resource_lists import CHARACTERS_AT_ONCE, ResourceLists
from api.scim.protocol.fast_paths import page_asked
from api.scim.protocol.service import TolerantScimService
from api.scim.search.execution import effort_of, find
from api.scim.search.pages import Page
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from api.scim.users.hot_pages import read_page
from api.scim.users.requests import UserRequests


@dataclass(frozen=True, slots=True)
class SearchRequests:
    """Serves the searches of one connection."""

    service: TolerantScimService
    transactions: Transactions
    users: UserRequests

    async def by_query(self, request: ScimRequest, types: list[ResourceType]) -> ScimResponse:
        """Search with GET."""
        if _are_all_users(types) and (asked := page_asked(request.query)) is not None:
            return await self._answer_plain_page(request, types, *asked)
        read = partial(self.service.read_search_query, types, request.query)
        effort = effort_of(*request.query.values())
        wanted, position = await self._work(read, effort)
        return await self._answer(request, types, wanted, position)

    async def by_body(self, request: ScimRequest, types: list[ResourceType]) -> ScimResponse:
        """Search with POST."""
        media = request.header("Content-Type")
        read = partial(self.service.read_search_body, types, request.body, media)
        wanted, position = await self._work(read, effort_of(request.body.decode(errors="replace")))
        return await self._answer(request, types, wanted, position)

    async def _answer(
        self,
        request: ScimRequest,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        position: Any,
    ) -> ScimResponse:
        name = _user_name_looked_up(wanted) if _are_all_users(types) else None
        if name is not None:
            return await self.users.answer_look_up(request, types, wanted, name)
        base_url = request.base_url.rstrip("/")

        async def search(tx: Transaction) -> ScimResponse:
            page = await self._page(tx, types, wanted, position, base_url)
            return await self._shown(tx, types, wanted, page, base_url)

        return await self.transactions.search(search)

    async def _answer_plain_page(
        self, request: ScimRequest, types: list[ResourceType], start_index: int, count: int | None
    ) -> ScimResponse:
        """Answer a page of all users that shows them whole; a large one takes the plain way."""
        limits, memory = self.service.limits, self.users.users.memory
        most = min(count or limits.page_size, limits.page_size)
        characters = min(CHARACTERS_AT_ONCE, limits.page_bytes)

        async def search(tx: Transaction) -> ScimResponse:
            page = await read_page(tx, memory, start_index - 1, most, characters)
            if page.users is not None:
                return await self.users.answer_page(request, start_index, page.total, page.users)
            wanted, _ = self.service.read_search_query(types, request.query)
            found = Page(page.total, [("User", id_) for id_ in page.ids])
            return await self._shown(tx, types, wanted, found, request.base_url.rstrip("/"))

        return await self.transactions.search(search)

    async def _shown(
        self,
        tx: Transaction,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        found: Page,
        base_url: str,
    ) -> ScimResponse:
        lists = ResourceLists(self.service, self.transactions, wanted, base_url)
        page, resources = await lists.of(tx, found)
        empty = page.as_search_page([])
        answer = self.service.search_response(base_url, types, empty, wanted)
        if page.found and answer.body is not None:
            shown = len(resources) if isinstance(resources, list) else len(page.found)
            answer.body.update({"itemsPerPage": shown, "Resources": resources})
        return answer

    async def _page(
        self,
        tx: Transaction,
        types: list[ResourceType],
        wanted: SearchRequest[Any],
        position: Any,
        base_url: str,
    ) -> Page:
        if (
            wanted.filter is None
            and _are_all_users(types)
            and _is_by_index(wanted)
            and wanted.count is not None
        ):
            start = wanted.start_index_0 or 0
            total, ids = await find_page(tx.db, tx.connection_id, start, wanted.count)
            return Page(total, [("User", id_) for id_ in ids])
        return await find(self.transactions, tx, types, wanted, position, base_url)

    async def _work(self, read: Any, effort: int) -> tuple[SearchRequest[Any], Any]:
        shares, owner = self.transactions.shares, self.transactions.owner
        wanted: tuple[SearchRequest[Any], Any] = await shares.work.run(owner, read, effort)
        return wanted


def _are_all_users(types: Sequence[ResourceType]) -> bool:
    return all(type_.name == "User" for type_ in types)


def _is_by_index(wanted: SearchRequest[Any]) -> bool:
    """Return whether a page is found by its start index in the order of creation."""
    return wanted.cursor is None and wanted.sort_by is None


def _user_name_looked_up(wanted: SearchRequest[Any]) -> str | None:
    """Return the userName that a search looks up, or None if it has any other condition.

    The look-ups are those that ``api.scim.protocol.fast_paths`` does not recognise unparsed.
    """
    is_first_page = (wanted.start_index or 1) <= 1 and wanted.count != 0
    if wanted.filter is None or not (is_first_page and _is_by_index(wanted)):
        return None
    match wanted.filter.ast:
        case Comparison(AttrPath(attr, None, None), CompareOperator.eq, str(value)) if (
            attr.lower() == "username"
        ):
            return value
        case _:
            return None
