"""Does every released schema come up to this version with its data, and does it work then?"""

import pytest

from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema, migrate
from deploy.databases.open_databases import Databases
from tests.migrations.dumps import SIDES, Dump, load, path_of, read_dump, rows_in
from tests.migrations.history import migrate_to, revisions_of
from tests.migrations.world import World, opened, world_on
from tests.servers.migrated import NewDatabase

HISTORY = revisions_of(DIRECTORY), revisions_of(DOWNSTREAM)
PAIRS = [
    tuple(revisions[min(place, len(revisions) - 1)] for revisions in HISTORY)
    for place in range(max(map(len, HISTORY)))
] + [(HISTORY[0][0], HISTORY[1][-1]), (HISTORY[0][-1], HISTORY[1][0])]
"""Each revision of a side, beside that of the other with its number, or beside the newest one; and
the first of each side beside the newest of the other."""

NEWCOMER = "zoe"


@pytest.mark.parametrize("side", SIDES)
def test_of_every_revision_is_known_what_lay_there(side: str) -> None:
    for revision in revisions_of(SIDES[side]):
        assert path_of(side, revision).exists(), "a new one: python -m tests.migrations.dumps"


@pytest.mark.parametrize(("directory", "downstream"), PAIRS, ids=str)
async def test_the_data_of_a_revision_is_there_and_served_after_the_upgrade(
    new_database_url: NewDatabase, directory: str, downstream: str
) -> None:
    def database(schema: Schema, revision: str) -> str:
        """Make a database to begin with: an empty one, unless it is to be at the newest."""
        is_newest = revision == schema.known()[-1]
        return new_database_url(schema) if is_newest else new_database_url()

    urls = database(DIRECTORY, directory), database(DOWNSTREAM, downstream)
    async with opened(*urls) as databases:
        dumps = await _as_they_were(databases, directory, downstream)
        await migrate(databases)
        await _check_rows(databases, dumps)
        async with world_on(databases) as world:
            await _check_answers(world, dumps[0])
            await _check_work(world, dumps)


async def _as_they_were(databases: Databases, directory: str, downstream: str) -> tuple[Dump, Dump]:
    """Make both databases what they were at a revision, with what lay in them."""
    dumps = read_dump("directory", directory), read_dump("downstream", downstream)
    engines = databases.directory.writing, databases.downstream.writing
    steps = zip(engines, SIDES.values(), (directory, downstream), dumps, strict=True)
    for engine, schema, revision, dump in steps:
        async with engine.begin() as db:
            await db.run_sync(migrate_to, schema, revision)
            await db.run_sync(load, schema, dump)
    return dumps


async def _check_rows(databases: Databases, dumps: tuple[Dump, Dump]) -> None:
    """Check that every row is there, with every value whose column still is."""
    engines = databases.directory.writing, databases.downstream.writing
    for engine, schema, dump in zip(engines, SIDES.values(), dumps, strict=True):
        async with engine.connect() as db:
            found = await db.run_sync(rows_in, schema)
        for table, rows in dump.items():
            for row in rows:
                assert any(
                    row.items() <= there.items() or _same(row, there) for there in found[table]
                )


def _same(row: dict[str, object], there: dict[str, object]) -> bool:
    """Say whether a row is the one that is there now, which may have more and fewer columns."""
    return all(there[name] == value for name, value in row.items() if name in there)


async def _check_answers(world: World, directory: Dump) -> None:
    """Check that everybody and every group is shown as they were."""
    for connection in (row["id"] for row in directory["connections"]):
        people = [it for it in directory["users"] if it["connection_id"] == connection]
        groups = [it for it in directory["groups"] if it["connection_id"] == connection]
        shown = (await world.send(connection, "GET", "/Users"))["Resources"]
        assert {it["id"]: it["userName"] for it in shown} == {
            it["id"]: it["resource"]["userName"] for it in people
        }
        for group in groups:
            answer = await world.send(connection, "GET", f"/Groups/{group['id']}")
            assert answer["displayName"] == group["display_name"]
            assert {it["value"] for it in answer.get("members", [])} == {
                it["member_id"] for it in directory["memberships"] if it["group_id"] == group["id"]
            }


async def _check_work(world: World, dumps: tuple[Dump, Dump]) -> None:
    """Check that what waited is published, that people come and go, and that both sides agree."""
    accounts = {row["email"] for row in dumps[1]["accounts"]}
    await world.deliver()
    assert await world.emails() == accounts | {"new@example.com"}
    newcomer = await world.joins("acme-store", NEWCOMER)
    await world.group("acme-store", "Newcomers", newcomer)
    ada = await world.send("acme-store", "GET", '/Users?filter=userName eq "ada@example.com"')
    await world.leaves("acme-store", ada["Resources"][0]["id"])
    await world.repair()
    await world.deliver()
    assert (await world.compare()).findings == []
    gone = {"ada@example.com"}
    assert await world.emails() == accounts - gone | {"new@example.com", f"{NEWCOMER}@example.com"}
