"""How is a session with PostgreSQL begun? Connected first, then told what Muster needs of it."""

from typing import Any

import asyncpg

CONNECT_SECONDS, COMMAND_SECONDS = 10, 60
"""After which a PostgreSQL server that says nothing is taken for lost."""

SESSION_SETTINGS = {
    # A plan that was made while a table was empty is kept, and would read all of it for ever after.
    # Whatever we look for has an index.
    "enable_seqscan": "off",
    # What a process held when it was stopped or cut off is let go.
    "idle_in_transaction_session_timeout": "60s",
}

SET_UP = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', false)" for name, value in SESSION_SETTINGS.items()
)
"""All of them in one round trip."""


async def begin_session(**parameters: Any) -> "asyncpg.Connection[Any]":
    """Connect, and set what holds for the session.

    The settings are not sent with the connecting: PgBouncer refuses start-up parameters that it
    does not know, and a pool of it resets whatever the session before had set.

    :param parameters: those of ``asyncpg.connect``.
    """
    connection = await asyncpg.connect(**parameters)
    try:
        await connection.execute(SET_UP, timeout=CONNECT_SECONDS)
    except BaseException:
        connection.terminate()
        raise
    return connection
