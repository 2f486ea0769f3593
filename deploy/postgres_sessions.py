"""How is a session with PostgreSQL begun? Connected first, then told what Muster needs of it."""

from collections.abc import Mapping
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

PATIENT_SETTINGS = {**SESSION_SETTINGS, "statement_timeout": "0"}
"""For statements that may take any time, whatever a role or database is set to."""


async def begin_session(**parameters: Any) -> "asyncpg.Connection[Any]":
    """Connect, and set what holds for the session, in one round trip.

    The settings are not sent with the connecting: PgBouncer refuses start-up parameters that it
    does not know, and a pool of it resets whatever the session before had set.

    :param parameters: those of ``asyncpg.connect``; without a ``command_timeout`` it is patient.
    """
    patient = parameters.get("command_timeout") is None
    settings = PATIENT_SETTINGS if patient else SESSION_SETTINGS
    connection = await asyncpg.connect(**parameters)
    try:
        await connection.execute(_setting(settings), timeout=CONNECT_SECONDS)
    except BaseException:
        connection.terminate()
        raise
    return connection


def _setting(settings: Mapping[str, str]) -> str:
    calls = (f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    return f"SELECT {', '.join(calls)}"
