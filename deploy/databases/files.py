"""Is a SQLite database still the one that was opened? Each transaction checks the files for that.

A process that has a file open goes on writing after the file was deleted or replaced, and these
writes are lost. A new connection would create an empty file in its place, unnoticed.
"""

import os
import sys
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, PoolProxiedConnection, event

Identity = tuple[int, int]
"""Device and inode of a file, which stay the same when it is renamed."""

OF_ITS_OWNER = 0o600
"""The mode of a file that is made: it holds names and addresses. Its companions have the same."""

FILE_LOST = (
    "its file is gone, or another one lies there: put back the one that was opened, or restart"
    " Muster on the one that is to be used"
)
LOG_LOST = (
    "its -wal or -shm file was taken away: stop Muster, which saves what it knows, and start it"
)
ONLY_LOG = (
    "its file is gone, and its -wal file lies there: put the file back, or remove the -wal file if"
    " the database is to be a new one"
)

FILE_MISSING = (
    "there is no file {path}: name the one that is to be used, or let muster migrate make it"
)


class DatabaseFileMissing(OSError):
    """The file of a database is not there, and a command that only looks makes none."""


class DatabaseFileLost(OSError):
    """The files of a database are not those that were opened. The text says how to mend that."""


class DatabaseFile:
    """The files of one database, which the connections of this process have open.

    :param makes: whether the first connection may create the file.
    """

    def __init__(self, path: Path, *, makes: bool = True) -> None:
        self._path = path.absolute()
        self._makes = makes
        self._companions = [Path(f"{self._path}{suffix}") for suffix in ("-wal", "-shm")]
        self._opened: Identity | None = None
        self._opened_companions: list[Identity | None] = []
        self._connections: set[Any] = set()
        self._has_lost_companions = False

    def uri(self) -> str:
        """Return the URI by which SQLite opens the file. SQLite may create it the first time only.

        :raises DatabaseFileLost: when the file is not the one that was opened before.
        :raises DatabaseFileMissing: when there is none, and SQLite must not create it.
        """
        self.check()
        if not self._makes and not self._path.exists():
            raise DatabaseFileMissing(FILE_MISSING.format(path=self._path))
        if self._makes and self._opened is None:
            mode = "rwc"
            with suppress(OSError):  # SQLite says better why it cannot be made
                self._path.touch(mode=OF_ITS_OWNER)
        else:
            mode = "rw"
        return f"file:{quote(str(self._path))}?mode={mode}"

    def add_connection(self, connection: object) -> None:
        """Record the files that a connection has just opened.

        :raises DatabaseFileLost: when the other connections have other files open.
        """
        if self._opened is None:
            self._opened = _identity(self._path)
            self._pin()
        if not self._connections:  # SQLite makes -wal and -shm anew for the first connection
            self._opened_companions = [_identity(path) for path in self._companions]
        self.check()
        self._connections.add(connection)

    def remove_connection(self, connection: object) -> None:
        """Record that a connection was closed."""
        self._connections.discard(connection)

    def check(self) -> None:
        """Check that the files are those that were opened.

        Once -wal or -shm were missing, new connections would create other ones, while old
        connections go on writing to those that are gone. So the loss is remembered: Muster has to
        be restarted, which ends all of them.

        :raises DatabaseFileLost: when the files are not those that were opened.
        """
        if self._opened is None:
            if not self._path.exists() and self._companions[0].exists():
                raise DatabaseFileLost(ONLY_LOG)
            return
        if _identity(self._path) != self._opened:
            raise DatabaseFileLost(FILE_LOST)
        if self._connections and not self._has_lost_companions:
            found = [_identity(path) for path in self._companions]
            self._has_lost_companions = found != self._opened_companions
        if self._has_lost_companions:
            raise DatabaseFileLost(LOG_LOST)

    def _pin(self) -> None:
        """Keep the system from reusing the file's inode, should the file be deleted.

        Closing an ordinary descriptor would release SQLite's locks on the file. A descriptor with
        O_PATH does not.
        """
        if sys.platform == "linux":
            weakref.finalize(self, os.close, os.open(self._path, os.O_PATH))


def refuse_other_files(engine: Engine, file: DatabaseFile) -> None:
    """Refuse transactions of an engine on other files, at their beginning and after the commit."""

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, _record: object, arguments: list[Any], options: Any) -> None:
        arguments[0] = file.uri()
        options["uri"] = True

    @event.listens_for(engine, "connect")
    def _hold(_connection: object, record: object) -> None:
        file.add_connection(record)

    @event.listens_for(engine, "close")
    def _let_go(_connection: object, record: object) -> None:
        file.remove_connection(record)

    @event.listens_for(engine, "checkout")
    def _look_before(_connection: object, _record: object, _proxy: object) -> None:
        file.check()

    commit = engine.dialect.do_commit

    def _commit_and_look_after(dbapi_connection: PoolProxiedConnection) -> None:
        commit(dbapi_connection)
        file.check()

    # SQLAlchemy has an event before a commit, and none after it.
    engine.dialect.do_commit = _commit_and_look_after  # type: ignore[method-assign]


def _identity(path: Path) -> Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None  # for any reason: the file cannot be used
    return found.st_dev, found.st_ino
