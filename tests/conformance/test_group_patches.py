"""Does a PATCH of a group mean in SQL what it means in memory? For random groups and operations.

It is checked too who is marked, when the version changes, and that the answer shows what the
library's models would.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from scim2_models import Context, Group, SCIMException
from scim2_server.conditions import Conditions
from scim2_server.requests import ScimRequest
from sqlalchemy import select, update
from sqlmodel import col

from api.admin.connections import create_connection
from api.directory.tables import Identity
from api.scim.groups.requests import GroupRequests
from api.scim.groups.store import get_group
from api.scim.groups.writes import GroupWrites
from api.scim.http.responses import as_http
from api.scim.members.answers import MemberLists, show_members, shown_member_attributes
from api.scim.members.reads import members_of
from api.scim.members.stored import Member
from api.scim.operations.storage import DirectoryStorage
from api.scim.operations.whole_groups import get_whole_group
from api.scim.protocol.limits import Limits
from api.scim.protocol.resources import ScimUser
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from api.scim.transactions.transaction import Transaction
from contracts.clock import now
from tests.conformance.group_patches import GROUPS, PATCHES, STORED, USERS
from tests.conformance.groups_in_memory import (
    NAME,
    PROVIDER,
    Members,
    Outcome,
    body_of,
    in_memory,
    outcome,
)
from tests.drivers.examples import examples
from tests.drivers.in_process import RULES, opened_directory, transactions_on
from tests.drivers.joined_transactions import within

USER_TYPE, GROUP_TYPE = PROVIDER.resource_types
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
BASE_URL = "https://muster.test/scim/v2/acme"

WithGroup = Callable[[dict[str, str | None], list[Any]], None]


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def patch_in_sql(directory_url: str) -> Iterator[WithGroup]:
    """Give what sends a PATCH to a group with these members, and checks what comes of it."""
    with asyncio.Runner() as runner:
        opened = opened_directory(directory_url)
        database = runner.run(opened.__aenter__())
        created = runner.run(create_connection(database, "acme", RULES, now()))
        transactions = transactions_on(database, created)
        ids = runner.run(_people(transactions))

        async def run(stored: dict[str, str | None], operations: list[Any]) -> None:
            with contextlib.suppress(Undone):
                async with database.write() as db:
                    await _check(within(transactions, db), ids, stored, operations)
                    raise Undone

        yield lambda stored, operations: runner.run(run(stored, operations))
        runner.run(opened.__aexit__(None, None, None))


async def _check(
    transactions: Transactions,
    people: dict[str, str],
    stored: dict[str, str | None],
    operations: list[Any],
) -> None:
    members = [{"value": people[name], "display": label} for name, label in stored.items()]
    group_id = await _create_group(DirectoryStorage(transactions), NAME, members)
    ids = people | {"group": group_id}
    types = {ids[name]: "User" for name in USERS} | {ids[name]: "Group" for name in GROUPS}
    await _settle(transactions)
    async with transactions.read() as tx:
        before = await _members(tx, ids["group"])
        version = (await get_group(tx, ids["group"])).meta
        body = body_of(operations, ids)
        expected = outcome(lambda: in_memory(ids["group"], before, body, types))
        if not expected[1]:  # the library takes no name for a name
            expected = "refused"
        assert await _patched(transactions, tx, ids["group"], body) == expected
        if isinstance(expected, str):
            return
        after, name, external_id = expected
        changed = before != after or name != NAME or external_id is not None
        group = await get_whole_group(tx, ids["group"])
        assert (group.meta != version) == changed
        concerned = before.keys() ^ after.keys()
        if name != NAME:
            concerned = before.keys() | after.keys()
        assert await _marked(tx) == {id_ for id_ in concerned if types[id_] == "User"}
        await _check_answer(transactions, tx, group)


async def _people(transactions: Transactions) -> dict[str, str]:
    """Create everybody who can be a member, for all examples; return the ids by name."""
    storage = DirectoryStorage(transactions)
    ids: dict[str, str] = {}
    for name in USERS:
        user = ScimUser.model_validate({"schemas": [], "userName": name})
        ids[name] = str((await storage.create(USER_TYPE, user)).id)
    for name in GROUPS:
        ids[name] = await _create_group(storage, name, [])
    return ids


async def _settle(transactions: Transactions) -> None:
    """Clear every mark, as a relay that has published all would."""
    async with transactions.write() as tx:
        await tx.db.execute(update(Identity).values(dirty_lane=None))


async def _create_group(storage: DirectoryStorage, name: str, members: list[Any]) -> str:
    group = Group.model_validate({"schemas": [], "displayName": name, "members": members})
    return str((await storage.create(GROUP_TYPE, group)).id)


async def _patched(
    transactions: Transactions, tx: Transaction, group: str, body: Any
) -> Outcome | str:
    requests = GroupRequests(SERVICE, transactions, GroupWrites(SERVICE, transactions))
    request = ScimRequest("PATCH", BASE_URL, f"/Groups/{group}", body=json.dumps(body).encode())
    try:
        with PROVIDER:
            await requests.patch(request, GROUP_TYPE, group)
    except SCIMException:
        return "refused"
    found = await get_group(tx, group)
    return await _members(tx, group), found.display_name, found.external_id


async def _members(tx: Transaction, group: str) -> Members:
    members = (await members_of(tx, [group])).get(group, ())
    return {member.id: Member(member.id, member.type, member.display) for member in members}


async def _marked(tx: Transaction) -> set[str]:
    dirty = select(col(Identity.id)).where(col(Identity.dirty_lane).is_not(None))
    return set(await tx.db.scalars(dirty))


async def _check_answer(transactions: Transactions, tx: Transaction, group: Group) -> None:
    without = group.model_copy(update={"members": None})
    for query in ({}, {"attributes": "members.display"}, {"excludedAttributes": "members.$ref"}):
        with PROVIDER:
            parameters = SERVICE.read_response_parameters(GROUP_TYPE, query)
            names = shown_member_attributes(parameters)
            lists = MemberLists(transactions, names, BASE_URL)
            answer = SERVICE.query_response(BASE_URL, without, parameters, Conditions())
            answer = await show_members(tx, lists, answer)
            whole = SERVICE.publish(BASE_URL, group).model_dump(
                scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters
            )
        assert json.loads(bytes(as_http(answer).body)) == whole


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stored=STORED, operations=PATCHES)
def test_a_patch_ends_where_it_does_in_memory(
    patch_in_sql: WithGroup, stored: dict[str, str | None], operations: list[Any]
) -> None:
    patch_in_sql(stored, operations)
