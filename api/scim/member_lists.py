"""How are the members of groups shown? As JSON that the database writes, row by row.

A model of each, made to be dumped again, would keep the process busy for seconds where there are
100,000. What a list says is what the models would say.
"""

from collections.abc import Collection, Mapping, Sequence
from json import dumps
from typing import Any

from scim2_models import Context, ResponseParameters
from scim2_server.responses import ScimResponse
from sqlalchemy import ColumnElement, case, literal, select
from sqlmodel import col

from api.directory.database import json_text, with_commas
from api.directory.tables import Membership
from api.scim.json_answers import ReadyJson
from api.scim.memberships import chunks
from api.scim.resources import Group, GroupMember
from api.scim.transaction import Transaction

SAMPLE = {"value": "id", "$ref": "Users/id", "type": "User", "display": "label"}


def shown_of_members(parameters: ResponseParameters[Any] | None) -> Sequence[str]:
    """Return the names of what an answer shows of each member; none where it shows no members."""
    group = Group(members=[GroupMember.model_validate(SAMPLE)])
    dumped = group.model_dump(
        scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
    )
    return [name for member in dumped.get("members", ()) for name in member]


async def show_members(
    tx: Transaction,
    answer: ScimResponse,
    parameters: ResponseParameters[Any] | None,
    base_url: str,
) -> ScimResponse:
    """Put the members of each group of an answer into it, as far as its parameters show them."""
    body = answer.body or {}
    resources = body.get("Resources") or ([body] if "id" in body else [])
    names = shown_of_members(parameters) if resources else ()
    if names:
        lists = await _lists(tx, [resource["id"] for resource in resources], names, base_url)
        for resource in resources:
            if resource["id"] in lists:
                resource["members"] = lists[resource["id"]]
    return answer


async def _lists(
    tx: Transaction, group_ids: Collection[str], names: Sequence[str], base_url: str
) -> Mapping[str, ReadyJson]:
    """Return the list of each group that has members, in the order of their ids."""
    lists: dict[str, ReadyJson] = {}
    for some in chunks(group_ids):
        member = (
            select(
                col(Membership.group_id),
                col(Membership.member_id),
                _object(names, base_url.rstrip("/")).label("json"),
            )
            .where(col(Membership.connection_id) == tx.connection_id)
            .where(col(Membership.group_id).in_(some))
            .order_by(col(Membership.group_id), col(Membership.member_id))
        )
        if set(names) == {"display"}:
            member = member.where(col(Membership.display).is_not(None))
        rows = member.subquery()
        statement = select(rows.c.group_id, with_commas(rows.c.json, rows.c.member_id))
        for group_id, members in await tx.db.execute(statement.group_by(rows.c.group_id)):
            lists[group_id] = ReadyJson(f"[{members}]")
    return lists


def _object(names: Sequence[str], base_url: str) -> ColumnElement[str]:
    """Return the object of a member; ids and types need no escaping."""
    start = dumps(base_url)[:-1]
    values: Mapping[str, ColumnElement[str]] = {
        "value": literal('"') + col(Membership.member_id) + '"',
        "$ref": literal(f"{start}/")
        + col(Membership.member_type)
        + "s/"
        + col(Membership.member_id)
        + '"',
        "type": literal('"') + col(Membership.member_type) + '"',
        "display": json_text(col(Membership.display)),
    }
    text: ColumnElement[str] = literal("{")
    for number, name in enumerate(sorted(names, key=lambda name: name == "display")):
        pair = literal(f'{"," if number else ""}"{name}":') + values[name]
        text += (
            case((col(Membership.display).is_(None), ""), else_=pair) if name == "display" else pair
        )
    return text + "}"
