"""How are the resources of a page shown? Small pages are shown whole, large ones in portions.

A page ends where it becomes too large, with one resource at least. The resources of a large page
are loaded a portion at a time while the answer is being sent, so that it takes little memory.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from typing import Any

from pydantic_core import to_json
from scim2_models import Context, ResponseParameters
from sqlalchemy import RowMapping, Select, String, bindparam, cast, func, select
from sqlmodel import col

from api.directory.dialects import is_among, objects_in
from api.directory.tables import UserRow
from api.scim.groups import statements
from api.scim.groups.mapping import group_of
from api.scim.members.answers import MemberList, MemberLists, shown_member_attributes
from api.scim.protocol.ready_json import StreamedJson, texts_of
from api.scim.protocol.service import TolerantScimService
from api.scim.search.cursors import Direction
from api.scim.search.pages import Found, Page
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from api.scim.users.answers import UserAnswers
from api.scim.users.statements import StoredUser
from api.scim.users.store import get_users

CHARACTERS_AT_ONCE = 1024 * 1024
"""Characters of one portion: about a megabyte."""

FEW_RESOURCES = 4
"""Resources of a page that counts as small, whatever they hold."""

GROUP_CHARACTERS, MEMBER_CHARACTERS = 500, 160
"""Approximate characters of a group without its members, and of a member."""


@dataclass(frozen=True, slots=True)
class ResourceLists:
    """Shows resources of one connection in the answer to one request."""

    service: TolerantScimService
    transactions: Transactions
    parameters: ResponseParameters[Any]
    base_url: str

    async def of(self, tx: Transaction, page: Page) -> tuple[Page, Any]:
        """Return a page, cut if it is too large, and the JSON list of its resources."""
        if len(page.found) <= FEW_RESOURCES:
            return page, await self._shown(tx, page.found)
        sizes = await self._sizes(tx, page.found)
        backwards = page.direction is Direction.BEFORE
        nearest_first = sizes[::-1] if backwards else sizes
        page = page.cut(count_fitting(nearest_first, self.service.limits.page_bytes))
        shown = len(page.found)
        sizes = sizes[-shown:] if backwards else sizes[:shown]
        if sum(sizes) <= CHARACTERS_AT_ONCE:
            return page, await self._shown(tx, page.found)
        return page, StreamedJson(partial(self._portions, page.found, sizes))

    async def _shown(self, tx: Transaction, found: Sequence[Found]) -> list[Any]:
        """Return resources as an answer shows them, in their order, without deleted ones."""
        lists = self._members()
        groups = [id_ for type_, id_ in found if type_ == "Group"]
        users = await get_users(tx, [id_ for type_, id_ in found if type_ == "User"])
        rows = await statements.read_all(tx, groups) if groups else []
        members = await lists.of(tx, groups)
        answers = UserAnswers(self.service, self.base_url)
        size = answers.size_of(users, self.parameters) + GROUP_CHARACTERS * len(rows)
        show = partial(self._show, answers, users, rows, members)
        by_id = await self._work(show, size)
        return [by_id[id_] for _, id_ in found if id_ in by_id]

    def _show(
        self,
        answers: UserAnswers,
        users: Sequence[StoredUser],
        rows: Sequence[RowMapping],
        members: Mapping[str, MemberList],
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {user.id: answers.shown(user, self.parameters) for user in users}
        for row in rows:
            shown[row["id"]] = self._group(row, members.get(row["id"]))
        return shown

    def _group(self, row: RowMapping, members: MemberList | None) -> dict[str, Any]:
        with self.service.provider:
            group = self.service.publish(self.base_url, group_of(row)).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=self.parameters
            )
        return group if members is None else group | {"members": members}

    async def _portions(self, found: Sequence[Found], sizes: Sequence[int]) -> AsyncIterator[str]:
        """Yield the text of the list; no connection is held while a portion is sent."""
        start = "["
        for portion in portions(found, sizes, CHARACTERS_AT_ONCE):
            async with self.transactions.read() as tx:
                await tx.confirm()
                shown = await self._shown(tx, portion)
            for resource in shown:
                yield start
                async for text in texts_of(resource):
                    yield text
                start = ","
        yield "[]" if start == "[" else "]"

    async def _sizes(self, tx: Transaction, found: Sequence[Found]) -> list[int]:
        """Return the approximate characters that each resource takes in an answer."""
        counts = await self._members().counts(tx, [id_ for type_, id_ in found if type_ == "Group"])
        sizes = {id_: GROUP_CHARACTERS + MEMBER_CHARACTERS * count for id_, count in counts.items()}
        users = [{"id": id_} for type_, id_ in found if type_ == "User"]
        if users:
            asked = {"connection": tx.connection_id, "asked": to_json(users).decode()}
            sizes |= dict((await tx.db.execute(_lengths_of_users(tx.dialect), asked)).all())
        return [sizes.get(id_, GROUP_CHARACTERS) for _, id_ in found]

    def _members(self) -> MemberLists:
        return MemberLists(
            self.transactions, shown_member_attributes(self.parameters), self.base_url
        )

    async def _work(self, work: Callable[[], dict[str, Any]], size: int) -> dict[str, Any]:
        return await self.transactions.shares.work.run(self.transactions.owner, work, size)


@cache
def _lengths_of_users(dialect: str) -> Select[Any]:
    """Select the characters of users' JSON; the ids are one parameter, however many they are."""
    asked = objects_in(bindparam("asked", type_=String), ("id",), dialect)
    of_connection = col(UserRow.connection_id) == bindparam("connection", type_=String)
    length = func.length(cast(col(UserRow.resource), String))
    among = is_among(col(UserRow.id), select(asked.c.id))
    return select(col(UserRow.id), length).where(of_connection, among)


def count_fitting(sizes: Sequence[int], most: int) -> int:
    """Return the number of leading resources that fit into an answer, at least one. Pure."""
    return max(1, sum(total <= most for total in accumulate(sizes)))


def portions(found: Sequence[Found], sizes: Sequence[int], most: int) -> Sequence[Sequence[Found]]:
    """Split resources, in order, into portions of at most a size, or of one resource. Pure."""
    split: list[list[Found]] = []
    characters = most
    for resource, size in zip(found, sizes, strict=True):
        if characters + size > most:
            split.append([])
            characters = 0
        split[-1].append(resource)
        characters += size
    return split
