"""Is a SQLite database still the one that was opened? Its files are looked at for each transaction.

A file that was deleted or replaced is written on all the same, by whoever has it open, and what is
written is lost. A new one would be made in its place, where nobody looks.
"""

import os
import sys
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, PoolProxiedConnection, event

Identity = tuple[int, int]
"""Device and number of a file: what it is, whatever it is called."""

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


class DatabaseFileLost(OSError):
    """The files of a database are not those that were opened. The text says what to do."""


class DatabaseFile:
    """The files of one database, as the connections of this process have them open."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._companions = [Path(f"{self._path}{suffix}") for suffix in ("-wal", "-shm")]
        self._opened: Identity | None = None
        self._opened_companions: list[Identity | None] = []
        self._holders: set[Any] = set()
        self._has_lost_companions = False

    def uri(self) -> str:
        """Return the URI by which SQLite opens the file. Only the first time may it make one.

        :raises DatabaseFileLost: when it is not the file that was opened before.
        """
        self.check()
        mode = "rwc" if self._opened is None else "rw"
        return f"file:{quote(str(self._path))}?mode={mode}"

    def hold(self, holder: object) -> None:
        """Note the files that a connection has just opened.

        :raises DatabaseFileLost: when they are not those of the others.
        """
        if self._opened is None:
            self._opened = _identity(self._path)
            self._pin()
        if not self._holders:  # SQLite makes companions for the first one, and removes the last's
            self._opened_companions = [_identity(path) for path in self._companions]
        self.check()
        self._holders.add(holder)

    def let_go(self, holder: object) -> None:
        """Note that a connection is closed."""
        self._holders.discard(holder)

    def check(self) -> None:
        """Look whether the files are those that were opened.

        Once companions were missed, new connections would make others, while old ones wrote on in
        those that are gone; all of them have to end.

        :raises DatabaseFileLost: when they are not.
        """
        if self._opened is None:
            if not self._path.exists() and self._companions[0].exists():
                raise DatabaseFileLost(ONLY_LOG)
            return
        if _identity(self._path) != self._opened:
            raise DatabaseFileLost(FILE_LOST)
        if self._holders and not self._has_lost_companions:
            found = [_identity(path) for path in self._companions]
            self._has_lost_companions = found != self._opened_companions
        if self._has_lost_companions:
            raise DatabaseFileLost(LOG_LOST)

    def _pin(self) -> None:
        """Keep the number of the file from being given to another one, should it be deleted.

        A descriptor that only names a file is closed without its locks, which are SQLite's.
        """
        if sys.platform == "linux":
            weakref.finalize(self, os.close, os.open(self._path, os.O_PATH))


def watch(engine: Engine, file: DatabaseFile) -> None:
    """Let no transaction of an engine begin, and none be taken for committed, on other files."""

    @event.listens_for(engine, "do_connect")
    def _open(_dialect: object, _record: object, arguments: list[Any], options: Any) -> None:
        arguments[0] = file.uri()
        options["uri"] = True

    @event.listens_for(engine, "connect")
    def _hold(_connection: object, record: object) -> None:
        file.hold(record)

    @event.listens_for(engine, "close")
    def _let_go(_connection: object, record: object) -> None:
        file.let_go(record)

    @event.listens_for(engine, "checkout")
    def _look_before(_connection: object, _record: object, _proxy: object) -> None:
        file.check()

    commit = engine.dialect.do_commit

    def _commit_and_look_after(dbapi_connection: PoolProxiedConnection) -> None:
        commit(dbapi_connection)
        file.check()

    # There is an event before a commit, and none after it.
    engine.dialect.do_commit = _commit_and_look_after  # type: ignore[method-assign]


def _identity(path: Path) -> Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None  # whatever keeps us from it
    return found.st_dev, found.st_ino
