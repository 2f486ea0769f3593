"""How is a statement run that every batch needs? On PostgreSQL the driver itself runs it.

It runs in the transaction of SQLAlchemy, which runs all other statements of the batch before and
after it.
``tests/integration/worker/test_hot_statements.py`` holds errors to those of SQLAlchemy.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import greenlet_spawn


async def run_hot(
    db: AsyncConnection, text: str, parameters: Sequence[Any]
) -> Sequence[Sequence[Any]]:
    """Run a statement of PostgreSQL in one round trip, and return its rows.

    :raises DBAPIError: as SQLAlchemy would raise it.
    """
    assert db.sync_connection is not None, "the connection is open"
    adapted: Any = db.sync_connection.connection.dbapi_connection
    try:
        if adapted._transaction is None:  # noqa: SLF001 - as before each statement of SQLAlchemy
            await adapted._start_transaction()  # noqa: SLF001
        rows: Sequence[Sequence[Any]]
        rows = await adapted.driver_connection.fetch(text, *parameters)
    except BaseException as error:  # noqa: BLE001 - it is raised again
        await greenlet_spawn(_fail, db, adapted, error, text)
    return rows


def _fail(db: AsyncConnection, adapted: Any, error: BaseException, text: str) -> NoReturn:
    """Raise an error of the driver as SQLAlchemy does, which gives a lost session up.

    So the error reaches everything that listens to errors, and has the type by which retries tell
    it. SQLAlchemy has no public function for that.
    """
    assert db.sync_connection is not None, "the connection is open"
    try:
        adapted._handle_exception(error)  # noqa: SLF001
    except BaseException as translated:  # noqa: BLE001 - it is raised again
        db.sync_connection._handle_dbapi_exception(  # noqa: SLF001
            translated, text, None, None, None
        )
    raise AssertionError("an error is raised") from error
