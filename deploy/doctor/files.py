"""What does a SQLite file look like from here? The system tells, and SQLite reads its schema."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from api.admin.examination import Finding
from deploy.databases.files import FILE_MISSING, ONLY_LOG
from deploy.doctor.database_verdicts import SchemaSeen, Side, schema_verdict
from deploy.doctor.file_verdicts import FileSeen, file_verdicts
from deploy.doctor.findings import fine, problem

WAIT_SECONDS = 3


def look_at_file(side: Side, path: Path) -> Sequence[Finding]:
    """Return the findings about a SQLite database, whose file is neither made nor changed."""
    path = path.absolute()
    if not path.exists():
        return [_missing(side, path)]
    wrong = list(file_verdicts(side.about, side.variable, _seen(path)))
    if any(finding.code in {"no-file", "no-rights"} for finding in wrong):
        return wrong
    try:
        schema = _schema(side, path)
    except sqlite3.Error as error:
        return [*wrong, _unusable(side, path, error)]
    found = [schema_verdict(side, schema), *wrong]
    return [fine(side.about, f"The file {path} can be read and written."), *found]


def _missing(side: Side, path: Path) -> Finding:
    if Path(f"{path}-wal").exists():
        return problem(
            side.about,
            "file-lost",
            f"The database of {side.variable} cannot be used: {ONLY_LOG.partition(':')[0]}.",
            ONLY_LOG.partition(": ")[2],
        )
    says, _, advice = FILE_MISSING.format(path=path).partition(": ")
    return problem(
        side.about,
        "file-missing",
        f"The database of {side.variable} cannot be used: {says}.",
        advice,
    )


def _unusable(side: Side, path: Path, error: sqlite3.Error) -> Finding:
    if isinstance(error, sqlite3.OperationalError):
        return problem(
            side.about,
            "file-busy",
            f"SQLite cannot read {path} now ({error.sqlite_errorname}).",
            "end the program that keeps the file locked",
        )
    return problem(
        side.about,
        "no-sqlite-file",
        f"The file {path} is no SQLite database, or is damaged ({error.sqlite_errorname}).",
        f"set {side.variable} to the right file, or restore it from a backup",
    )


def _schema(side: Side, path: Path) -> SchemaSeen:
    # With mode=rw SQLite makes no file, and removes the files beside it that it had to make.
    uri = f"file:{quote(str(path))}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        applied: frozenset[str] = frozenset()
        if side.version_table in tables:
            rows = db.execute(f"SELECT version_num FROM {side.version_table}")  # noqa: S608 - ours
            applied = frozenset(version for (version,) in rows)
    return SchemaSeen(applied, side.other_version_table in tables)


def _seen(path: Path) -> FileSeen:
    mode, folder = path.stat().st_mode, path.parent
    is_reached = all(it.stat().st_mode & stat.S_IXOTH for it in path.parents)
    return FileSeen(
        path=str(path),
        is_file=path.is_file(),
        is_readable=os.access(path, os.R_OK),
        is_writable=os.access(path, os.W_OK),
        folder_is_writable=os.access(folder, os.W_OK | os.X_OK),
        others_read=is_reached and bool(mode & stat.S_IROTH),
        others_write=is_reached and bool(mode & stat.S_IWOTH),
        free=shutil.disk_usage(folder).free,
    )
