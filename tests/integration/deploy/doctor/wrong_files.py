"""Which SQLite files are none that Muster can work with?"""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from deploy.databases.migrations import DIRECTORY
from tests.integration.deploy.doctor.installation import Installation


def _use(it: Installation, file: Path) -> None:
    it.set(DIRECTORY_DATABASE_URL=f"sqlite:///{file}")


def _set_revision(file: Path, revision: str) -> None:
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("UPDATE directory_migrations SET version_num = ?", (revision,))


async def no_file_there(it: Installation) -> None:
    _use(it, it.file())


async def a_folder(it: Installation) -> None:
    _use(it, it.folder)


async def only_the_log(it: Installation) -> None:
    file = it.file()
    Path(f"{file}-wal").touch()
    _use(it, file)


async def a_letter(it: Installation) -> None:
    file = it.file()
    file.write_text("Dear Ada, this is a letter and no database.\n" * 100)
    _use(it, file)


async def an_empty_file(it: Installation) -> None:
    file = it.file()
    file.touch()
    _use(it, file)


async def an_older_schema(it: Installation) -> None:
    file = it.file(DIRECTORY)
    _set_revision(file, "0003")
    _use(it, file)


async def a_newer_schema(it: Installation) -> None:
    file = it.file(DIRECTORY)
    _set_revision(file, "9999")
    _use(it, file)


async def the_sides_exchanged(it: Installation) -> None:
    names = "MUSTER_DIRECTORY_DATABASE_URL", "MUSTER_DOWNSTREAM_DATABASE_URL"
    here, there = (it.environment[name] for name in names)
    it.set(DIRECTORY_DATABASE_URL=there, DOWNSTREAM_DATABASE_URL=here)


async def a_file_for_everybody(it: Installation) -> None:
    folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
    it.stack.callback(shutil.rmtree, folder)
    folder.chmod(0o755)
    file = folder / "directory.db"
    it.files.copy(DIRECTORY, file)
    file.chmod(0o666)
    _use(it, file)
