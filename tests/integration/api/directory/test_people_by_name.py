"""Are people found by how their names begin, in order, once each, and by indexes alone?"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from api.directory.dialects import DirectoryDatabase
from api.directory.people_by_name import Beginning, NamePlace, names_after
from tests.drivers.in_process import Ingress, ingress_on

INDEXES = (
    "users_by_name",
    "users_by_external_id",
    "users_by_email",
    "users_by_display_name",
    "users_by_family_name",
)

PEOPLE: dict[str, dict[str, Any]] = {
    "ada@acme.test": {"displayName": "Ada Lovelace", "name": {"familyName": "Lovelace"}},
    "countess": {"emails": [{"value": "x@acme.test"}, {"value": "Ada@x.test", "primary": True}]},
    "ÅDA": {"externalId": "00uA"},
    "ben@acme.test": {"emails": [{"value": "ben@acme.test"}], "displayName": "B" + "n" * 5_000},
    "ΑΣΤΕΡΙΟΣ": {"displayName": "ΜΑΣ ΑΣΤΕΡΙΟΣ"},
    "eve\U0010ffff": {"name": {"familyName": "O'Adams"}, "externalId": "ada"},
}


@pytest.fixture
async def ingress(directory: DirectoryDatabase) -> AsyncIterator[Ingress]:
    """Give a connection with people of all kinds of names."""
    async with ingress_on(directory) as ingress:
        for user_name, attributes in PEOPLE.items():
            await ingress.user(user_name, **attributes)
        yield ingress


async def found(ingress: Ingress, beginning: str, most: int = 100) -> Sequence[str]:
    """Return the keys of userNames of the people found, in order, read in pages."""
    meant, after, names = Beginning.of(beginning), NamePlace(), []
    while True:
        async with ingress.database.read() as db:
            page = await names_after(db, ingress.connection, meant, after, most)
        names += [str(each.names[0]) for each in page if meant.is_first(each)]
        if len(page) < most:
            return names
        after = page[-1].place


@pytest.mark.parametrize(
    ("beginning", "user_names"),
    [
        pytest.param("ada", ["eve\U0010ffff", "ada@acme.test", "countess"], id="several-names"),
        pytest.param("LOVE", ["ada@acme.test"], id="a-family-name-in-any-case"),
        pytest.param("åd", ["åda"], id="beyond-ascii"),
        pytest.param("ΑΣ", ["αστεριος"], id="a-greek-word-that-goes-on"),
        pytest.param("ΜΑΣ", ["αστεριος"], id="a-greek-word-that-ends"),
        pytest.param("ΑΣΤΕΡΙΟΣ", ["αστεριος"], id="a-greek-name"),
        pytest.param("00uA", ["åda"], id="an-external-id"),
        pytest.param("00ua", [], id="an-external-id-in-another-case"),
        pytest.param("ben", ["ben@acme.test"], id="an-email-that-is-the-user-name"),
        pytest.param("b" + "n" * 5_000, ["ben@acme.test"], id="a-long-name"),
        pytest.param("eve\U0010ffff", ["eve\U0010ffff"], id="the-last-character"),
        pytest.param("lace", [], id="no-part-inside-a-name"),
        pytest.param("%", [], id="no-pattern"),
        pytest.param("\x00", [], id="not-storable"),
    ],
)
async def test_people_are_found_by_how_a_name_begins(
    ingress: Ingress, beginning: str, user_names: Sequence[str]
) -> None:
    assert await found(ingress, beginning) == user_names
    assert await found(ingress, beginning, most=1) == user_names


async def test_the_people_of_another_connection_are_not_found(ingress: Ingress) -> None:
    other = await ingress.neighbour()
    assert await found(other, "ada") == []


async def test_every_name_is_read_from_its_index(ingress: Ingress) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_: Connection, _cursor: object, statement: str, given: Any, *_rest: object) -> None:
        if "UNION" in statement:
            asked.append((statement, given))

    engine = ingress.database.reading
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    await found(ingress, "ada")
    event.remove(engine.sync_engine, "before_cursor_execute", note)
    [(statement, given)] = asked
    explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    async with engine.connect() as db:
        if engine.dialect.name == "postgresql":  # of so few rows it would read the whole table
            await db.execute(text("SET LOCAL enable_seqscan = off"))
            await db.execute(text("SET LOCAL enable_bitmapscan = off"))
        plan = str((await db.exec_driver_sql(f"{explain} {statement}", given)).all())
    assert [index for index in INDEXES if index not in plan] == []
