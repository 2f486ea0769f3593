"""Is a process ready, as far as its database goes? It answers, and takes writes.

What writers meet is remembered, because a look does not show it: a full disk, or one that fails,
still gives answers. From then on rows are written and taken back at each look, until that works.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy import ExceptionContext, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from contracts.database_errors import Meaning, code_of, meaning_of
from contracts.health import Check
from deploy.databases.files import DatabaseFileLost

READ_ONLY = "it takes no writes: it is read-only, as a standby is"

LOOKS = {
    "postgresql": "SELECT current_setting('transaction_read_only')",
    "sqlite": "PRAGMA schema_version",  # of which the file has to be read
}

Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


def takes_writes(
    name: str, read: Read, writing: AsyncEngine, try_writing: Callable[[], Awaitable[None]]
) -> Check:
    """Return the check of a database.

    :param read: gives a connection for the look.
    :param writing: the engine of the writers, whose errors are noted.
    :param try_writing: writes something and takes it back, or raises what is in the way.
    """
    noted: list[str] = []

    @event.listens_for(writing.sync_engine, "handle_error")
    def _note(context: ExceptionContext) -> None:
        error = context.original_exception
        if meaning_of(error) is Meaning.AWAY:
            noted[:] = [code_of(error) or type(error).__name__]

    async def problem() -> str | None:
        try:
            if await _is_read_only(read):
                return READ_ONLY
            if noted:
                await try_writing()
                noted.clear()
        except DatabaseFileLost as error:  # its text is ours, and names what to do
            return str(error)
        except Exception as error:
            if noted and (code := code_of(error)):
                return f"it takes no writes ({code})"
            raise
        return None

    return Check(name, problem)


async def _is_read_only(read: Read) -> bool:
    """Look; a session that says so is not asked again, because another may lead elsewhere."""
    async with read() as db:
        read_only = bool(await db.scalar(text(LOOKS[db.dialect.name])) == "on")
        if read_only:
            await db.invalidate()
        return read_only
