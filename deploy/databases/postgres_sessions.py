"""How is a session with PostgreSQL begun? Connected first, then told what Muster needs of it."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.addresses import Address, Addresses
from contracts.lines import open_line
from deploy.database_urls import SERVERS
from deploy.databases.resting_sessions import RestingSessions, Session
from deploy.databases.session_replacement import Sessions

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


FAILURES = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
)
"""After which another server may be a better one; a refused password is not among them."""


class NoServerTakesWrites(ConnectionError):
    """All servers that answer are replicas: as good as away, as in the middle of a failover."""


class Connector:
    """Begins sessions with a database that may be at any of these addresses.

    What one of its pools meets, the others need not meet.
    """

    def __init__(self, addresses: Addresses | None) -> None:
        """Take addresses, or nothing where the driver is to find the server by itself."""
        self._addresses = addresses
        self._sessions = Sessions()
        self._resting = RestingSessions()

    def watch(self, engine: AsyncEngine) -> AsyncEngine:
        """Replace sessions of this engine in time; return it."""
        self._sessions.watch(engine)
        self._resting.watch(engine.sync_engine)
        return engine

    async def begin(
        self, *, command_timeout: float | None, host: object = None, port: object = None, **of: Any
    ) -> Session:
        """Connect, and set what holds for the session, in one round trip.

        The settings are not sent with the connecting: PgBouncer refuses start-up parameters that it
        does not know, and a pool of it resets whatever the session before had set.

        :param of: the other parameters of ``asyncpg.connect``. Without a ``command_timeout`` the
            session is patient.
        """
        of = {name: value for name, value in of.items() if name != SERVERS}
        connection = await self._connect(command_timeout=command_timeout, **of)
        settings = SESSION_SETTINGS if command_timeout else PATIENT_SETTINGS
        try:
            await connection.execute(_setting(settings), timeout=CONNECT_SECONDS)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _connect(self, **parameters: Any) -> Session:
        if self._addresses is None:
            return await asyncpg.connect(timeout=CONNECT_SECONDS, **parameters)

        async def attempt(address: Address) -> Session:
            loop = cast("asyncio.AbstractEventLoop", LoopTo(address))
            server = address.server
            try:
                return await asyncpg.connect(
                    host=server.host,
                    port=server.port,
                    loop=loop,
                    timeout=CONNECT_SECONDS,
                    **parameters,
                )
            except asyncpg.TargetServerAttributeNotMatched:
                raise NoServerTakesWrites from None

        return await self._addresses.reach(attempt, CONNECT_SECONDS, FAILURES)


class LoopTo:
    """The running loop, all of whose new lines lead to one address.

    The driver would take the first address that a name stands for. It is given the name all the
    same, which the certificate is for. To cancel a statement it opens another line, and that has
    to lead to the same server.
    """

    def __init__(self, address: Address) -> None:
        self._loop = asyncio.get_running_loop()
        self._address = address

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the loop has."""
        return getattr(self._loop, name)

    def __eq__(self, other: object) -> bool:
        """Say whether it is the loop, of which asyncio is asked for the current task."""
        return other is self or other is self._loop

    def __hash__(self) -> int:
        """Return the hash of the loop."""
        return hash(self._loop)

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], host: str, _port: int, *, ssl: Any = None
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Open a line as the loop would, to this address."""
        line = await open_line(self._address)
        try:
            name = host if ssl else None
            return await self._loop.create_connection(
                factory, sock=line, ssl=ssl, server_hostname=name
            )
        except BaseException:
            line.close()
            raise


def _setting(settings: Mapping[str, str]) -> str:
    calls = (f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    return f"SELECT {', '.join(calls)}"
