"""Is a database ready? It is when it answers and takes writes.

A full or failing disk still answers reads, so errors of writers are remembered. At first, and after
such an error, each check writes rows and rolls them back, until that succeeds.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.database_errors import Meaning, code_of, meaning_of
from contracts.health import Check
from deploy.databases.files import DatabaseFileLost

READ_ONLY_PROBLEM = "it takes no writes: it is read-only, as a standby is"

UNTRIED = "untried"
"""Noted of a database that this process has not written to: its disk may have been full before."""

READ_ONLY_QUERIES = {
    "postgresql": "SELECT current_setting('transaction_read_only')",
    "sqlite": "PRAGMA schema_version",  # SQLite has to read the file for it
}

Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


def check_of_writes(
    name: str,
    read: Read,
    writers: Sequence[AsyncEngine],
    try_writing: Callable[[], Awaitable[None]],
) -> Check:
    """Return the health check of a database: it answers, and takes writes.

    :param read: opens a connection for the check.
    :param writers: the engines of writers, whose errors are remembered.
    :param try_writing: writes rows and rolls them back, or raises the error that prevents it.
    """
    noted = [UNTRIED]

    def _note(context: ExceptionContext) -> None:
        error = context.original_exception
        if meaning_of(error) is Meaning.AWAY:
            noted[:] = [code_of(error) or type(error).__name__]

    for writing in writers:
        event.listen(writing.sync_engine, "handle_error", _note)

    async def problem() -> str | None:
        try:
            if await _is_read_only(read):
                return READ_ONLY_PROBLEM
            if noted:
                await try_writing()
                noted.clear()
        except DatabaseFileLost as error:  # its text is ours, and says how to mend it
            return str(error)
        except Exception as error:
            if noted and (code := code_of(error)):
                return f"it takes no writes ({code})"
            raise
        return None

    return Check(name, problem)


async def _is_read_only(read: Read) -> bool:
    """Return whether the database is read-only.

    If so, the session ends, because another session may reach a server that takes writes.
    """
    async with read() as db:
        read_only = bool(await db.scalar(text(READ_ONLY_QUERIES[db.dialect.name])) == "on")
        if read_only:
            await db.invalidate()
        return read_only
