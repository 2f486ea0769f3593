"""How are the members of groups shown? An answer holds a JSON list, and a long one is streamed."""

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

SAMPLE_MEMBER = {"value": "id", "$ref": "Users/id", "type": "User", "display": "label"}

MEMBERS_AT_ONCE = 5_000
"""Members that one statement reads: about 800 KB of an answer."""

MemberList = ReadyJson | StreamedJson


@dataclass(frozen=True, slots=True)
class MemberLists:
    """Shows the members of groups with the ``attributes`` that an answer shows; maybe none."""

    transactions: Transactions
    attributes: Sequence[str]
    base_url: str

    async def of(self, tx: Transaction, group_ids: Collection[str]) -> Mapping[str, MemberList]:
        """Return the member lists of groups by the group's id; groups without members are missing.

        Members are in the order of their ids.
        """
        if not (self.attributes and group_ids):
            return {}
        lists: dict[str, MemberList] = {}
        for chunk in chunks(group_ids):
            rows = self._members(chunk).limit(MEMBERS_AT_ONCE + 1).subquery()
            read = select(rows.c.group_id, func.count(), with_commas(rows.c.json, rows.c.member_id))
            texts_of_groups = (await tx.db.execute(read.group_by(rows.c.group_id))).all()
            if sum(count for _, count, _ in texts_of_groups) > MEMBERS_AT_ONCE:
                lists |= {id_: self._streamed(id_) for id_ in await self._with_members(tx, chunk)}
            else:
                lists |= {id_: ReadyJson(f"[{members}]") for id_, _, members in texts_of_groups}
        return lists

    async def counts(self, tx: Transaction, group_ids: Sequence[str]) -> Mapping[str, int]:
        """Return the number of shown members by the group's id."""
        if not (self.attributes and group_ids):
            return {}
        counts = self._of_groups(group_ids, col(Membership.group_id), func.count())
        return dict((await tx.db.execute(counts.group_by(col(Membership.group_id)))).all())

    def _streamed(self, group_id: str) -> StreamedJson:
        return StreamedJson(lambda: self._portions(group_id))

    async def _portions(self, group_id: str) -> AsyncIterator[str]:
        """Yield the text of a group's list; no connection is held while a portion is sent."""
        start, after = "[", ""
        while True:
            async with self.transactions.read() as tx:
                await tx.confirm()
                following = self._members([group_id]).where(col(Membership.member_id) > after)
                rows = following.limit(MEMBERS_AT_ONCE).subquery()
                texts = with_commas(rows.c.json, rows.c.member_id)
                read = select(texts, func.max(rows.c.member_id), func.count())
                members, last, count = (await tx.db.execute(read)).one()
            if count:
                yield start + members
                start, after = ",", last
            if count < MEMBERS_AT_ONCE:
                break
        yield "]" if start == "," else "[]"

    async def _with_members(self, tx: Transaction, group_ids: Sequence[str]) -> Collection[str]:
        ids = self._of_groups(group_ids, col(Membership.group_id)).distinct()
        return (await tx.db.scalars(ids)).all()

    def _members(self, group_ids: Sequence[str]) -> Select[Any]:
        """Select the JSON of the members of groups, ordered by group and member."""
        member = self._of_groups(
            group_ids,
            col(Membership.group_id),
            col(Membership.member_id),
            json_of_member(self.attributes, self.base_url.rstrip("/")).label("json"),
        )
        return member.order_by(col(Membership.group_id), col(Membership.member_id))

    def _of_groups(self, group_ids: Sequence[str], *columns: Any) -> Select[Any]:
        """Select columns of the shown members; members without anything to show are left out."""
        member = select(*columns).where(
            col(Membership.connection_id) == self.transactions.connection.id,
            col(Membership.group_id).in_(group_ids),
        )
        if set(self.attributes) == {"display"}:
            return member.where(col(Membership.display).is_not(None))
        return member


async def show_members(tx: Transaction, lists: MemberLists, answer: ScimResponse) -> ScimResponse:
    """Put the member list into an answer that shows a group, as far as the answer shows it."""
    if answer.body is not None and "id" in answer.body:
        id_ = answer.body["id"]
        members = (await lists.of(tx, [id_])).get(id_)
        answer.body.update({} if members is None else {"members": members})
    return answer


def shown_member_attributes(parameters: ResponseParameters[Any] | None) -> Sequence[str]:
    """Return the attributes of a member that an answer shows; none if it shows no members."""
    group = Group(members=[GroupMember.model_validate(SAMPLE_MEMBER)])
    dumped = group.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
    )
    return [attribute for member in dumped.get("members", ()) for attribute in member]
