"""What lay in the databases of each revision? Rows that code of the time wrote, as files.

``python -m tests.migrations.dumps`` records the revisions of both sides that are new. What is here
once is never written again. A table that no code writes yet is recorded without rows: a person adds
some, as the code to come will write them.
"""

import asyncio
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, MetaData, select

from deploy.databases.migrations import DIRECTORY, DOWNSTREAM, Schema
from tests.migrations.history import migrate_to, revisions_of
from tests.migrations.world import opened

HERE = Path(__file__).with_name("recorded")
SIDES = {"directory": DIRECTORY, "downstream": DOWNSTREAM}

Dump = dict[str, list[dict[str, Any]]]
"""Rows by table."""


def path_of(side: str, revision: str) -> Path:
    """Return where the dump of a revision lies."""
    return HERE / f"{side}-{revision}.json"


def read_dump(side: str, revision: str) -> Dump:
    """Return what lay in a side's database at a revision."""
    dump: Dump = json.loads(path_of(side, revision).read_text(encoding="utf-8"))
    return dump


def tables_in(connection: Connection, schema: Schema) -> MetaData:
    """Return the tables that are there, without the one that says which revision it is."""
    tables = MetaData()
    tables.reflect(connection)
    tables.remove(tables.tables[schema.version_table])
    return tables


def rows_in(connection: Connection, schema: Schema) -> Dump:
    """Return every row that is there."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in tables_in(connection, schema).sorted_tables
    }


def load(connection: Connection, schema: Schema, dump: Dump) -> None:
    """Put rows in; a dump holds all tables of its revision, and each has rows."""
    tables = tables_in(connection, schema)
    assert set(dump) == set(tables.tables)
    for table in tables.sorted_tables:
        assert dump[table.name], f"nothing is known to have been in {table.name}"
        connection.execute(table.insert(), dump[table.name])


async def record() -> None:
    """Bring what lay at the last recorded revision of each side up to each new one.

    Everybody keeps their ids, so that each dump of one side belongs to each of the other.
    """
    with TemporaryDirectory() as folder:
        urls = [f"sqlite+aiosqlite:///{folder}/{side}.db" for side in SIDES]
        async with opened(*urls) as databases:
            engines = databases.directory.writing, databases.downstream.writing
            for (side, schema), engine in zip(SIDES.items(), engines, strict=True):
                async with engine.begin() as db:
                    await db.run_sync(_record_side, side, schema)


def _record_side(connection: Connection, side: str, schema: Schema) -> None:
    known = [it for it in revisions_of(schema) if path_of(side, it).exists()]
    migrate_to(connection, schema, known[-1])
    load(connection, schema, read_dump(side, known[-1]))
    for revision in revisions_of(schema)[len(known) :]:
        migrate_to(connection, schema, revision)
        dump = json.dumps(rows_in(connection, schema), indent=1)
        path_of(side, revision).write_text(f"{dump}\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record())
