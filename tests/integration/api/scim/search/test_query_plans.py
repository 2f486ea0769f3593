"""Does PostgreSQL find what is asked for by index, without reading what is skipped?"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from scim2_models import SearchRequest
from sqlalchemy import Select, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from api.scim.members.parameter import MemberIds
from api.scim.members.reads import is_at_location, row_location_of
from api.scim.protocol.ids import new_id
from api.scim.search.attributes import (
    GROUP_ATTRIBUTES,
    MEMBERSHIPS,
    USER_ATTRIBUTES,
    Attributes,
)
from api.scim.search.query import search_for
from deploy.databases.migrations import DIRECTORY
from tests.drivers.in_process import Ingress, ingress_on, opened_directory
from tests.drivers.many_users import multiply
from tests.servers.migrated import NewDatabase

pytestmark = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

PEOPLE, GROUPS = 500, 20

SEARCHES = [
    (USER_ATTRIBUTES, {}, "Index Only Scan using users_by_creation"),
    (USER_ATTRIBUTES, {"sortBy": "userName"}, "Index Only Scan using users_by_name"),
    (
        USER_ATTRIBUTES,
        {"sortBy": "userName", "sortOrder": "descending"},
        "Index Only Scan Backward using users_by_name",
    ),
    (USER_ATTRIBUTES, {"filter": 'userName eq "Person-7@a.test"'}, "users_by_name"),
    (USER_ATTRIBUTES, {"filter": 'externalId eq "person-7"'}, "users_by_external_id"),
    (GROUP_ATTRIBUTES, {"filter": 'displayName eq "Weavers"'}, "groups_by_name"),
]


@pytest.fixture(scope="module")
async def crowd(shared_database_url: NewDatabase) -> AsyncIterator[Ingress]:
    """Give a connection with many people and groups, in which tests search and change nothing."""
    async with (
        opened_directory(shared_database_url(DIRECTORY)) as directory,
        ingress_on(directory) as ingress,
    ):
        pattern = await ingress.user("person-0@a.test", externalId="person-0")
        for name in ("Weavers", *map(str, range(GROUPS))):
            await ingress.group(name)
        await multiply(directory, ingress.connection, pattern, range(1, PEOPLE))
        yield ingress


@pytest.mark.parametrize(("attributes", "asked", "index"), SEARCHES)
async def test_a_deep_page_and_a_look_up_come_from_an_index(
    crowd: Ingress, attributes: Attributes, asked: dict[str, Any], index: str
) -> None:
    deep = {} if "filter" in asked else {"startIndex": PEOPLE - 100, "count": 100}
    model: Any = SearchRequest.__class_getitem__(attributes.model)
    request = model.model_validate(asked | deep)
    statement = search_for(crowd.connection, request, [attributes]).page_by_index()
    async with crowd.database.read() as db:
        assert index in await _plan(db, statement)


async def test_members_who_are_named_are_looked_up_though_statistics_promise_few(
    ingress: Ingress,
) -> None:
    async with ingress.database.write() as db:
        await db.execute(text("ANALYZE memberships"))  # of which there are none yet
    group = await ingress.group("Weavers", await ingress.user("ada"))
    async with ingress.transactions.read() as tx:
        table = MemberIds.of([new_id(), new_id()]).table(tx.dialect)
        members = is_at_location(table.kept(row_location_of(tx, group, table)))
        assert "Tid Scan on memberships" in await _plan(tx.db, select(MEMBERSHIPS).where(members))


async def _plan(db: AsyncConnection, statement: Select[Any]) -> str:
    compiled = statement.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
    await db.execute(text("SET LOCAL enable_seqscan = off"))  # small tables are read whole
    return "\n".join(await db.scalars(text(f"EXPLAIN {compiled}".replace(":", r"\:"))))
