"""How are the members of groups shown? They are lists of JSON, of which long ones are streamed."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import Context, ResponseParameters
from scim2_server.responses import ScimResponse
from sqlalchemy import Select, func, select
from sqlmodel import col

from api.directory.dialects import with_commas
from api.directory.tables import Membership
from api.scim.members.json_in_sql import json_of_member
from api.scim.members.reads import chunks
from api.scim.protocol.ready_json import ReadyJson, StreamedJson
from api.scim.protocol.resources import Group, GroupMember
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction

SAMPLE = {"value": "id", "$ref": "Users/id", "type": "User", "display": "label"}

PORTION = 5_000
"""Members that are read at once: about 800 KB of an answer."""

MemberList = ReadyJson | StreamedJson


@dataclass(frozen=True, slots=True)
class MemberLists:
    """Shows the members of groups as far as an answer shows them: by ``names``."""

    transactions: Transactions
    names: Sequence[str]
    base_url: str

    async def of(self, tx: Transaction, group_ids: Collection[str]) -> Mapping[str, MemberList]:
        """Return the list of each group that has members, in the order of their ids."""
        if not (self.names and group_ids):
            return {}
        lists: dict[str, MemberList] = {}
        for some in chunks(group_ids):
            rows = self._members(some).limit(PORTION + 1).subquery()
            read = select(rows.c.group_id, func.count(), with_commas(rows.c.json, rows.c.member_id))
            found = (await tx.db.execute(read.group_by(rows.c.group_id))).all()
            if sum(count for _, count, _ in found) > PORTION:
                lists |= {id_: self._streamed(id_) for id_ in await self._with_members(tx, some)}
            else:
                lists |= {id_: ReadyJson(f"[{members}]") for id_, _, members in found}
        return lists

    async def counts(self, tx: Transaction, group_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many members each of the groups shows."""
        if not (self.names and group_ids):
            return {}
        counts = self._of_groups(group_ids, col(Membership.group_id), func.count())
        return dict((await tx.db.execute(counts.group_by(col(Membership.group_id)))).all())

    def _streamed(self, group_id: str) -> StreamedJson:
        return StreamedJson(lambda: self._portions(group_id))

    async def _portions(self, group_id: str) -> AsyncIterator[str]:
        """Give the list of a group; no connection is held while a portion is sent."""
        start, after = "[", ""
        while True:
            async with self.transactions.read() as tx:
                await tx.confirm()
                beyond = self._members([group_id]).where(col(Membership.member_id) > after)
                rows = beyond.limit(PORTION).subquery()
                texts = with_commas(rows.c.json, rows.c.member_id)
                read = select(texts, func.max(rows.c.member_id), func.count())
                members, last, count = (await tx.db.execute(read)).one()
            if count:
                yield start + members
                start, after = ",", last
            if count < PORTION:
                break
        yield "]" if start == "," else "[]"

    async def _with_members(self, tx: Transaction, group_ids: Sequence[str]) -> Collection[str]:
        ids = self._of_groups(group_ids, col(Membership.group_id)).distinct()
        return (await tx.db.scalars(ids)).all()

    def _members(self, group_ids: Sequence[str]) -> Select[Any]:
        """Return the members of groups with the JSON of each, group by group, in order."""
        member = self._of_groups(
            group_ids,
            col(Membership.group_id),
            col(Membership.member_id),
            json_of_member(self.names, self.base_url.rstrip("/")).label("json"),
        )
        return member.order_by(col(Membership.group_id), col(Membership.member_id))

    def _of_groups(self, group_ids: Sequence[str], *columns: Any) -> Select[Any]:
        """Return columns of the members that are shown: one without a label may show nothing."""
        member = select(*columns).where(
            col(Membership.connection_id) == self.transactions.connection.id,
            col(Membership.group_id).in_(group_ids),
        )
        if set(self.names) == {"display"}:
            return member.where(col(Membership.display).is_not(None))
        return member


async def show_members(tx: Transaction, lists: MemberLists, answer: ScimResponse) -> ScimResponse:
    """Put the members of a group into an answer that shows the group, as far as it shows them."""
    if answer.body is not None and "id" in answer.body:
        id_ = answer.body["id"]
        members = (await lists.of(tx, [id_])).get(id_)
        answer.body.update({} if members is None else {"members": members})
    return answer


def shown_of_members(parameters: ResponseParameters[Any] | None) -> Sequence[str]:
    """Return the names of what an answer shows of each member; none where it shows no members."""
    group = Group(members=[GroupMember.model_validate(SAMPLE)])
    dumped = group.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
    )
    return [name for member in dumped.get("members", ()) for name in member]
