"""Does one member more or less cost little, whatever the group, and wait for whom it must?"""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from api.directory.tables import Identity
from api.scim.members.change_at_once import in_one_statement, parameters_of
from api.scim.members.plain_changes import PlainChange
from tests.drivers.administration import rotate
from tests.drivers.in_process import Ingress
from tests.drivers.many_users import join, multiply
from tests.readings.round_trips import round_trips_to
from tests.readings.statements import asked_of

on_postgres = pytest.mark.parametrize("shared_database_url", ["postgres"], indirect=True)

SMALL, LARGE = 3, 3_000
DEEPER = 12
"""Pages more that are read in a large group, because its index is a level deeper."""

IN_ONE_STATEMENT, IN_FOUR = 1, 4


def one_more(id_: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": id_}]}


def one_less(id_: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{id_}"]'}


async def test_one_member_takes_one_statement_on_postgres_and_four_on_sqlite(
    ingress: Ingress,
) -> None:
    ada, group = await ingress.user("ada"), await ingress.group("Weavers")
    for change in (one_more(ada), one_less(ada)):
        with asked_of(ingress.database) as asked:
            assert (await ingress.patch(f"/Groups/{group}", change)).status_code == 204
        most = IN_FOUR if ingress.database.has_one_writer else IN_ONE_STATEMENT
        assert len(asked.without_token().statements) == most


@on_postgres
async def test_one_member_is_one_round_trip(ingress: Ingress) -> None:
    ada, group = await ingress.user("ada"), await ingress.group("Weavers")
    for change in (one_more(ada), one_less(ada)):  # prepares the statements
        await ingress.patch(f"/Groups/{group}", change)
    for change in (one_more(ada), one_less(ada)):
        async with round_trips_to(ingress.database) as sent:
            assert (await ingress.patch(f"/Groups/{group}", change)).status_code == 204
        assert len(sent) == 1


@on_postgres
async def test_a_token_that_has_ended_changes_no_member(ingress: Ingress) -> None:
    ada, group = await ingress.user("ada"), await ingress.group("Weavers")
    await ingress.patch(f"/Groups/{group}", one_more(ada))  # so that the token is remembered
    await ingress.settle()
    new = await rotate(ingress.database, ingress.connection)
    for change in (one_less(ada), one_more(ada)):
        assert (await ingress.patch(f"/Groups/{group}", change)).status_code == 401
    ingress.http.headers["authorization"] = f"Bearer {new.token}"
    assert await ingress.members(group) == [ada]
    assert await ingress.marked() == set()


@on_postgres
@pytest.mark.parametrize("adds", [True, False])
async def test_what_is_read_follows_the_members_and_not_the_group(
    ingress: Ingress, adds: bool
) -> None:
    pattern = await ingress.user("person-0@a.test")
    people = await multiply(ingress.database, ingress.connection, pattern, range(1, LARGE + 2))
    read = []
    for size in (SMALL, LARGE):
        group = await ingress.group(f"Group of {size}")
        await join(ingress.database, ingress.connection, group, people[:size])
        read.append(await _pages_read(ingress, group, people[LARGE if adds else 0], adds=adds))
    assert read[1] <= read[0] + DEEPER


async def _pages_read(ingress: Ingress, group: str, id_: str, *, adds: bool) -> int:
    """Return the pages of tables and indexes that a change reads."""
    change = PlainChange({id_: None}, adds)
    async with ingress.transactions.write() as tx:
        values = parameters_of(tx, group, change)
        statement = in_one_statement(adds=adds).params(values)
        sql = statement.compile(
            dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
        [plan] = (await tx.db.exec_driver_sql(explain)).scalar_one()
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


@on_postgres
async def test_an_identity_that_stays_locked_is_waited_for_as_by_all_others(
    ingress: Ingress,
) -> None:
    ada, group = await ingress.user("ada"), await ingress.group("Weavers")
    async with ingress.database.write() as db:
        await db.execute(select(col(Identity.id)).where(col(Identity.id) == ada).with_for_update())
        adding = asyncio.create_task(ingress.patch(f"/Groups/{group}", one_more(ada)))
        await _until_marking(ingress)
    assert (await adding).status_code == 204
    assert await ingress.members(group) == [ada]


async def _until_marking(ingress: Ingress) -> None:
    """Wait until the other way waits for the identity that it marks."""
    async with ingress.database.read() as db:
        while not await db.scalar(text(MARKING)):
            await asyncio.sleep(0.01)


MARKING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH locked AS%'
"""


async def test_a_user_that_left_a_moment_ago_is_not_added(ingress: Ingress) -> None:
    ada, ben, group = await ingress.user("ada"), await ingress.user("ben"), await ingress.group("W")
    assert (await ingress.send("DELETE", f"/Users/{ada}")).status_code == 204
    both = {"op": "add", "path": "members", "value": [{"value": ada}, {"value": ben}]}
    assert (await ingress.patch(f"/Groups/{group}", both)).status_code == 204
    assert await ingress.members(group) == [ben]


async def test_the_version_grows_with_each_change_and_with_no_other(ingress: Ingress) -> None:
    ada, group = await ingress.user("ada"), await ingress.group("Weavers")
    changes = [one_more(ada), one_more(ada), one_less(ada), one_less(ada)]
    tags = [(await ingress.patch(f"/Groups/{group}", it)).headers["etag"] for it in changes]
    assert tags == ['W/"2"', 'W/"2"', 'W/"3"', 'W/"3"']
    assert (await ingress.send("GET", f"/Groups/{group}")).headers["etag"] == tags[-1]
