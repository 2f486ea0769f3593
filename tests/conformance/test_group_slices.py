"""Does a group that is written in slices end where it does in memory? On SQLite, slice by slice.

Each slice is committed, so that nothing is rolled back here: every example has a group of its own
among the same people, and ends with the deletion of the group, in slices too.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import Group, SCIMException
from scim2_server.conditions import Conditions
from sqlalchemy import delete
from sqlmodel import col

from api.directory.tables import GroupRow, Membership
from api.fairness.work import LARGE_WORK
from api.scim.groups.bodies import pushed_group, read_patch
from api.scim.groups.writes import GroupWrites
from api.scim.members.reads import members_of
from api.scim.members.stored import Member
from api.scim.protocol.limits import Limits
from api.scim.protocol.service import TolerantScimService
from api.scim.transactions.request_transactions import Transactions
from deploy.databases.migrations import DIRECTORY
from tests.conformance.group_patches import GROUPS, SHORT_PATCHES, STORED, USERS
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
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.servers.migrated import FileTemplates

GROUP_TYPE = PROVIDER.resource_types[1]
SERVICE = TolerantScimService(PROVIDER, Limits(), secret="nobody's")
LARGE_ENOUGH = LARGE_WORK + 1
"""Bytes of a request that is planned without the writer."""

Patch = Callable[[dict[str, str | None], list[Any], int], None]


@settings(
    max_examples=examples(120),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(stored=STORED, operations=SHORT_PATCHES, members_in_a_slice=st.integers(1, 2))
def test_a_patch_in_slices_ends_where_it_does_in_memory(
    patch_in_slices: Patch,
    stored: dict[str, str | None],
    operations: list[Any],
    members_in_a_slice: int,
) -> None:
    patch_in_slices(stored, operations, members_in_a_slice)


@pytest.fixture
def patch_in_slices(tmp_path: Path, file_templates: FileTemplates) -> Iterator[Patch]:
    """Give what sends a PATCH to a group with these members, and checks what comes of it."""
    with asyncio.Runner() as runner:
        opened = opened_directory(file_templates.copy(DIRECTORY, tmp_path / "directory.sqlite3"))
        database = runner.run(opened.__aenter__())
        served = ingress_on(database)
        ingress = runner.run(served.__aenter__())
        ids, transactions = runner.run(_people(ingress)), ingress.transactions
        yield lambda stored, operations, number: runner.run(
            _check(ingress, transactions, ids, stored, operations, number)
        )
        runner.run(served.__aexit__(None, None, None))
        runner.run(opened.__aexit__(None, None, None))


async def _people(ingress: Ingress) -> dict[str, str]:
    users = {name: await ingress.user(name) for name in USERS}
    return users | {name: await ingress.group(name) for name in GROUPS}


async def _check(
    ingress: Ingress,
    transactions: Transactions,
    people: dict[str, str],
    stored: dict[str, str | None],
    operations: list[Any],
    members_in_a_slice: int,
) -> None:
    await _forget_groups(ingress, people)
    writes = GroupWrites(SERVICE, transactions, members_in_a_slice)
    sent = [{"value": people[name], "display": label} for name, label in stored.items()]
    group = Group.model_validate({"schemas": [], "displayName": NAME, "members": sent})
    id_ = str((await writes.create(pushed_group(group)))["id"])
    await ingress.settle()
    before = await _members(transactions, id_)
    assert {member.id: member.display for member in before.values()} == {
        people[name]: label for name, label in stored.items()
    }
    ids = people | {"group": id_}
    types = {people[name]: "User" for name in USERS} | {people[name]: "Group" for name in GROUPS}
    body = body_of(operations, ids)
    expected = outcome(partial(in_memory, id_, before, body, types))
    if not expected[1]:  # the library takes no name for a name
        expected = "refused"
    assert await _patched(transactions, writes, id_, body) == expected
    if isinstance(expected, str):
        left = await _members(transactions, id_)
    else:
        left, name, _ = expected
        concerned = before.keys() ^ left.keys()
        if name != NAME:
            concerned = before.keys() | left.keys()
        users = {person for person in concerned if types[person] == "User"}
        marked = await ingress.marked()
        # A member of a group with a new name is marked before, and may leave after all.
        assert users <= marked
        assert marked <= (before.keys() | left.keys())
    await ingress.settle()
    await writes.delete(id_, Conditions())
    assert await _members(transactions, id_) == {}
    assert await ingress.marked() == {it.id for it in left.values() if it.type == "User"}


async def _forget_groups(ingress: Ingress, people: dict[str, str]) -> None:
    """Remove what an example has left that ended early."""
    async with ingress.database.write() as db:
        await db.execute(delete(Membership))
        await db.execute(delete(GroupRow).where(col(GroupRow.id).not_in(people.values())))


async def _patched(
    transactions: Transactions, writes: GroupWrites, id_: str, body: Any
) -> Outcome | str:
    try:
        with PROVIDER:
            patch = read_patch(SERVICE, GROUP_TYPE, json.dumps(body).encode(), None)
            group = await writes.patch(id_, patch, Conditions(), LARGE_ENOUGH)
    except SCIMException:
        return "refused"
    return await _members(transactions, id_), group.display_name, group.external_id


async def _members(transactions: Transactions, id_: str) -> Members:
    async with transactions.read() as tx:
        members = (await members_of(tx, [id_])).get(id_, ())
    return {member.id: Member(member.id, member.type, member.display) for member in members}
