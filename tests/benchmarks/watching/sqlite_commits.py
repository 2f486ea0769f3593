"""When does SQLite commit an identity? An onlooker sees the file change, a millisecond later.

A trigger notes what is written. SQLite shows it to other connections once it is on the disk.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.watching.commits import Commit

BEGIN = """
CREATE TABLE stamped (number INTEGER PRIMARY KEY, identity TEXT, version INTEGER);
CREATE TRIGGER stamped_new AFTER INSERT ON sync_records BEGIN
    INSERT INTO stamped (identity, version) VALUES (NEW.identity, NEW.applied_version);
END;
CREATE TRIGGER stamped_again AFTER UPDATE OF applied_version ON sync_records BEGIN
    INSERT INTO stamped (identity, version) VALUES (NEW.identity, NEW.applied_version);
END;
"""
END = "DROP TRIGGER stamped_new; DROP TRIGGER stamped_again; DROP TABLE stamped;"
STAMPED = "SELECT number, identity, version FROM stamped WHERE number > ? ORDER BY number"

LOOK_SECONDS = 0.001
LOCK_SECONDS = 10


@dataclass(slots=True)
class SqliteCommits:
    """Looks at the file of a database again and again."""

    file: Path
    _connection: sqlite3.Connection | None = None
    _data_version: int = 0
    _seen: dict[int, Commit] = field(default_factory=dict)
    """What was seen, by its number."""

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        connection = sqlite3.connect(self.file, timeout=LOCK_SECONDS, isolation_level=None)
        connection.executescript(BEGIN)
        self._connection, self._seen = connection, {}
        looking = asyncio.create_task(self._keep_looking())
        try:
            yield
        finally:
            looking.cancel()
            connection.executescript(END)
            connection.close()

    async def commits(self) -> Sequence[Commit]:
        self._look()
        return list(self._seen.values())

    async def _keep_looking(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        """Stamp what other connections have committed since the last look."""
        assert self._connection is not None
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        if version == self._data_version:
            return
        self._data_version, at = version, time.time()
        last = max(self._seen, default=0)
        for number, identity, applied in self._connection.execute(STAMPED, (last,)):
            self._seen[number] = Commit(identity, applied, at)
